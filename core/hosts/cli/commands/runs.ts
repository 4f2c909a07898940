/** `kagami runs P`: the table of runs. */
import { Option } from 'commander'
import type { Run } from '#core/contract/runs.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Cell } from '#core/formats/csv.ts'
import { readRuns } from '#core/store/readRuns.ts'
import type { StoredStudy } from '#core/store/studies.ts'
import { nearest } from '#core/study/text/nearest.ts'
import type { Register } from '../main.ts'
import { formats, printJson, printTable, say, type Format } from '../output.ts'
import { chooseStudy, openForReading, wholeNumber } from '../options.ts'

type Options = { study?: string; sort?: string; columns?: string; limit: number; format?: Format; json?: boolean }

export const addRuns: Register = (program) => {
  program
    .command('runs <project>')
    .description('the table of runs')
    .option('--study <name>', 'a study of the project; needed when it holds several')
    .option('--sort <column>', 'state, replicate, a factor or a metric; a leading - reverses')
    .option('--columns <names>', 'factors and metrics, comma-separated')
    .option('--limit <n>', 'rows shown', wholeNumber(1), 100)
    .addOption(new Option('--format <form>').choices([...formats]))
    .option('--json', 'machine-readable result: every field of every run')
    .action((folder: string, options: Options) => {
      const project = openForReading(folder)
      try {
        const study = chooseStudy(project.db, options.study)
        const page = readRuns(project.db, {
          study: study.id,
          limit: options.limit,
          ...(options.sort === undefined ? {} : { sort: options.sort }),
        })
        if (options.json === true) return printJson(page)
        printTable(tableOf(page.runs, columnsOf(study, options.columns)), options.format ?? 'table')
        if (page.runs.length < page.total) say(`showing ${page.runs.length} of ${page.total} runs; --limit shows more`)
      } finally {
        project.close()
      }
    })
}

function columnsOf({ factors, metrics }: StoredStudy, given: string | undefined): string[] {
  const known = [...factors.map(({ path }) => path), ...metrics.map(({ name }) => name)]
  if (given === undefined)
    return [
      ...factors.map(({ path }) => path),
      ...['loss', 'test-loss', 'zeros', 'oracle-distance-relative'].filter((name) => known.includes(name)),
    ]
  const names = given.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return names
  const hint = nearest(unknown, known)
  throw new Refusal(
    'invalid-input',
    `--columns: expected factors and metrics of the study, got ${quote(unknown)}${hint === undefined ? '' : `; did you mean ${hint}?`}`,
  )
}

function tableOf(runs: readonly Run[], columns: readonly string[]) {
  return {
    columns: ['run', 'seed', 'state', ...columns],
    rows: runs.map((run): Cell[] => [run.id, run.replicate, stateOf(run), ...columns.map((column) => cellOf(run, column))]),
  }
}

/** A diverged run says so, with its step: the word is the information, not a blank. */
function stateOf({ state, outcome }: Run): string {
  return outcome?.kind === 'diverged' ? `diverged at ${outcome.step}` : state
}

function cellOf({ levels, values }: Run, column: string): Cell {
  const level = levels.find(({ factor }) => factor === column)
  if (level !== undefined) return typeof level.value === 'number' ? level.value : level.label
  return values[column] ?? null
}
