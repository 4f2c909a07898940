/** `kagami export P --what runs|series|study --out FILE`: numbers for other programs, exact to the last digit. */
import { extname } from 'node:path'
import { Option } from 'commander'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Run } from '#core/contract/runs.ts'
import { writeCsv, type Cell } from '#core/formats/csv.ts'
import { readRunSeries } from '#core/store/readSeries.ts'
import { readRuns } from '#core/store/readRuns.ts'
import type { Readable } from '#core/store/statements.ts'
import { readSpecification, type StoredStudy } from '#core/store/studies.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { levelCell } from '../cells.ts'
import type { Register } from '../command.ts'
import { openForReading } from '../../node.ts'
import { writeWhole } from '../files.ts'
import { print, printJson } from '../output.ts'
import { chooseStudy } from '../options.ts'

type What = 'runs' | 'series' | 'coefficients' | 'study'
type Options = { study?: string; what: What; out: string; json?: boolean }
type Records = { readonly columns: readonly string[]; readonly rows: Iterable<readonly Cell[]> }

export const addExport: Register = (program) => {
  program
    .command('export <project>')
    .description('write runs, series, coefficients or the study for other programs')
    .option('--study <name>', 'a study of the project; needed when it holds several')
    .addOption(new Option('--what <what>', 'what to write').choices(['runs', 'series', 'coefficients', 'study']).makeOptionMandatory())
    .requiredOption('--out <file>', 'a name that ends in .csv or .json; a study in .yaml or .json')
    .option('--json', 'machine-readable result')
    .action((folder: string, options: Options) => {
      const project = openForReading(folder)
      try {
        const study = chooseStudy(project.db, options.study)
        const pieces = piecesOf(project.db, { study, what: options.what, form: extname(options.out) })
        const bytes = writeWhole('--out', options.out, pieces)
        if (options.json === true) printJson({ study: study.id, what: options.what, file: options.out, bytes })
        else print(`${options.what} of ${study.id}: ${options.out}`)
      } finally {
        project.close()
      }
    })
}

/** The text in pieces, because all series of a large study are more than a string may hold. */
function piecesOf(db: Readable, { study, what, form }: { study: StoredStudy; what: What; form: string }): Iterable<string> {
  if (what === 'study') {
    const { text, resolved } = readSpecification(db, study.id)
    if (form === '.yaml') return [text]
    if (form === '.json') return [`${JSON.stringify(resolved, null, 2)}\n`]
    throw wrongForm('.yaml or .json', form)
  }
  if (form !== '.csv' && form !== '.json') throw wrongForm('.csv or .json', form)
  const records = recordsOf(db, study, what)
  return form === '.csv' ? csvPieces(records) : jsonPieces(records)
}

function* csvPieces({ columns, rows }: Records): Generator<string> {
  yield writeCsv(columns, [])
  for (const some of inParts(rows)) yield writeCsv(columns, some).slice(writeCsv(columns, []).length)
}

function* jsonPieces({ columns, rows }: Records): Generator<string> {
  let before = '[\n'
  for (const some of inParts(rows)) {
    yield before + some.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, jsonCell(row[i])])))).join(',\n')
    before = ',\n'
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

function* inParts<Value>(values: Iterable<Value>): Generator<Value[]> {
  let part: Value[] = []
  for (const value of values) {
    part.push(value)
    if (part.length < 10_000) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}

function wrongForm(rule: string, form: string): Refusal {
  return new Refusal('invalid-input', `--out: expected a name that ends in ${rule}, got ${quote(form)}`)
}

/** JSON has no NaN and no ±∞: they are written as text, never as null. */
function jsonCell(cell: Cell | undefined): Cell {
  return typeof cell === 'number' && !Number.isFinite(cell) ? String(cell) : (cell ?? null)
}

function recordsOf(db: Readable, study: StoredStudy, what: Exclude<What, 'study'>): Records {
  const { runs } = readRuns(db, { study: study.id, limit: 100_000 })
  const metrics = study.metrics.map(({ name }) => name)
  const factors = study.factors.map(({ path }) => path)
  switch (what) {
    case 'runs':
      return {
        columns: ['run', 'cell', 'seed', ...factors, 'state', 'outcome', 'outcome_step', 'parameters_sha256', ...metrics],
        rows: runs.map((run) => [
          run.id,
          run.cell,
          run.replicate,
          ...factors.map((path) => levelCell(run, path)),
          run.state,
          run.outcome?.kind ?? null,
          run.outcome === null || run.outcome.kind === 'reached-last-step' ? null : run.outcome.step,
          run.parametersSha256,
          ...metrics.map((name) => run.values[name] ?? null),
        ]),
      }
    case 'series':
      return {
        columns: ['run', 'metric', 'step', 'value'],
        rows: seriesRows(db, runs),
      }
    case 'coefficients':
      return {
        columns: ['run', 'name', 'measured', 'predicted', 'margin'],
        rows: readCoefficients(db, study.id).flatMap(({ run, names, measured, predicted, margin }) =>
          names.map((name, j): Cell[] => [run, name, measured[j] ?? null, predicted?.[j] ?? null, finiteOrNull(margin?.[j])]),
        ),
      }
  }
}

function* seriesRows(db: Readable, runs: readonly Run[]): Generator<Cell[]> {
  for (const { id } of runs) {
    for (const { metric, steps, values } of readRunSeries(db, id)) {
      for (const [i, step] of steps.entries()) yield [id, metric, step, values[i] ?? Number.NaN]
    }
  }
}

/** A margin is NaN where the theory's coefficient is not zero: there is none, which a file says by an empty cell. */
function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}
