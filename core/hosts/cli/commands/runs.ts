/** `kagami runs P`: the table of runs. */
import { Option } from 'commander'
import type { Run, RunPage } from '#core/contract/runs.ts'
import type { Cell } from '#core/formats/csv.ts'
import { readRuns } from '#core/store/readRuns.ts'
import type { StoredStudy } from '#core/store/studies.ts'
import type { Readable } from '#core/store/statements.ts'
import { isAtLevels, requireLevels, unknown, type Where } from '#core/workbench/levels.ts'
import { levelCell } from '../cells.ts'
import type { Register } from '../command.ts'
import { openForReading } from '../../node.ts'
import { formats, printJson, printTable, say, type Format } from '../output.ts'
import { chooseStudy, wholeNumber, withWhere } from '../options.ts'

type Options = { study?: string; where?: Where; sort?: string; columns?: string; limit: number; format?: Format; json?: boolean }

export const addRuns: Register = (program) => {
  withWhere(program.command('runs <project>'))
    .description('the table of runs')
    .option('--study <name>', 'a study of the project; needed when it holds several')
    .option('--sort <column>', 'state, replicate, a factor or a metric; a leading - reverses')
    .option('--columns <names>', 'factors and metrics, comma-separated')
    .option('--limit <n>', 'rows shown', wholeNumber(1), 100)
    .addOption(new Option('--format <form>', 'of the table; csv and json hold every digit').choices([...formats]))
    .option('--json', 'machine-readable result: every field of every run')
    .action((folder: string, options: Options) => {
      const project = openForReading(folder)
      try {
        const study = chooseStudy(project.db, options.study)
        const page = pageOf(project.db, study, options)
        const columns = columnsOf(study, options.columns)
        if (options.json === true) return printJson(page)
        const format = options.format ?? 'table'
        printTable(tableOf(page.runs, { columns, isShort: format === 'table' }), format)
        if (page.runs.length < page.total) say(`showing ${page.runs.length} of ${page.total} runs; --limit shows more`)
      } finally {
        project.close()
      }
    })
}

/** The first runs in the wanted order. With levels to hold, all are read and these kept: a study has at most 100,000. */
function pageOf(db: Readable, { id, factors }: StoredStudy, { where = {}, sort, limit }: Options): RunPage {
  const query = { study: id, ...(sort === undefined ? {} : { sort }) }
  requireLevels(factors, where)
  if (Object.keys(where).length === 0) return readRuns(db, { ...query, limit })
  const runs = readRuns(db, { ...query, limit: 100_000 }).runs.filter((run) => isAtLevels(run, where))
  return { total: runs.length, offset: 0, runs: runs.slice(0, limit) }
}

function columnsOf({ factors, metrics }: StoredStudy, given: string | undefined): string[] {
  const known = [...factors.map(({ path }) => path), ...metrics.map(({ name }) => name)]
  if (given === undefined)
    return [
      ...factors.map(({ path }) => path),
      ...['loss', 'test-loss', 'zeros', 'oracle-distance-relative'].filter((name) => known.includes(name)),
    ]
  const names = given.split(',').map((name) => name.trim())
  const strange = names.find((name) => !known.includes(name))
  if (strange !== undefined) throw unknown('--columns', { got: strange, known })
  return names
}

/** In a terminal a run's study, which all share, is left out of its id; `verify` takes the rest as well. */
function tableOf(runs: readonly Run[], { columns, isShort }: { columns: readonly string[]; isShort: boolean }) {
  const idOf = ({ id, study }: Run) => (isShort && id.startsWith(`${study}.`) ? id.slice(study.length + 1) : id)
  return {
    columns: ['run', 'seed', 'state', ...columns],
    rows: runs.map((run): Cell[] => [idOf(run), run.replicate, stateOf(run), ...columns.map((column) => cellOf(run, column))]),
  }
}

/** A diverged run says so, with its step: the word is the information, not a blank. */
function stateOf({ state, outcome }: Run): string {
  switch (outcome?.kind) {
    case 'diverged':
      return `diverged at ${outcome.step}`
    case 'stopped-by-gate':
      return `stopped at ${outcome.step} by gate ${outcome.gate + 1}`
    case 'reached-last-step':
    case undefined:
      return state
  }
}

function cellOf(run: Run, column: string): Cell {
  return levelCell(run, column) ?? run.values[column] ?? null
}
