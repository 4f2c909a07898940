/** `kagami export P --what runs|series|study --out FILE`: numbers for other programs, exact to the last digit. */
import { writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { Option } from 'commander'
import { Refusal, quote } from '#core/contract/errors.ts'
import { writeCsv, type Cell } from '#core/formats/csv.ts'
import { readRunSeries } from '#core/store/readSeries.ts'
import { readRuns } from '#core/store/readRuns.ts'
import type { Readable } from '#core/store/statements.ts'
import { readSpecification, type StoredStudy } from '#core/store/studies.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import type { Register } from '../main.ts'
import { print, printJson } from '../output.ts'
import { chooseStudy, openForReading } from '../options.ts'

type What = 'runs' | 'series' | 'coefficients' | 'study'
type Options = { study?: string; what: What; out: string; json?: boolean }
type Records = { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

export const addExport: Register = (program) => {
  program
    .command('export <project>')
    .description('write runs, series, coefficients or the study for other programs')
    .option('--study <name>', 'a study of the project; needed when it holds several')
    .addOption(new Option('--what <what>').choices(['runs', 'series', 'coefficients', 'study']).makeOptionMandatory())
    .requiredOption('--out <file>', 'a name that ends in .csv or .json; a study in .yaml or .json')
    .option('--json', 'machine-readable result')
    .action((folder: string, options: Options) => {
      const project = openForReading(folder)
      try {
        const study = chooseStudy(project.db, options.study)
        const text = textOf(project.db, { study, what: options.what, form: extname(options.out) })
        write(options.out, text)
        if (options.json === true) printJson({ study: study.id, what: options.what, file: options.out, bytes: Buffer.byteLength(text) })
        else print(`${options.what} of ${study.id}: ${options.out}`)
      } finally {
        project.close()
      }
    })
}

function textOf(db: Readable, { study, what, form }: { study: StoredStudy; what: What; form: string }): string {
  if (what === 'study') {
    const { text, resolved } = readSpecification(db, study.id)
    if (form === '.yaml') return text
    if (form === '.json') return `${JSON.stringify(resolved, null, 2)}\n`
    throw wrongForm('.yaml or .json', form)
  }
  const records = recordsOf(db, study, what)
  if (form === '.csv') return writeCsv(records.columns, records.rows)
  if (form === '.json')
    return `${JSON.stringify(records.rows.map((row) => Object.fromEntries(records.columns.map((name, i) => [name, jsonCell(row[i])]))))}\n`
  throw wrongForm('.csv or .json', form)
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
          ...factors.map((path) => run.levels.find(({ factor }) => factor === path)?.label ?? null),
          run.state,
          run.outcome?.kind ?? null,
          run.outcome?.kind === 'diverged' ? run.outcome.step : null,
          run.parametersSha256,
          ...metrics.map((name) => run.values[name] ?? null),
        ]),
      }
    case 'series':
      return {
        columns: ['run', 'metric', 'step', 'value'],
        rows: runs.flatMap(({ id }) =>
          readRunSeries(db, id).flatMap(({ metric, steps, values }) =>
            [...steps].map((step, i): Cell[] => [id, metric, step, values[i] ?? Number.NaN]),
          ),
        ),
      }
    case 'coefficients':
      return {
        columns: ['run', 'name', 'measured', 'predicted', 'margin'],
        rows: readCoefficients(db, study.id).flatMap(({ run, names, measured, predicted, margin }) =>
          names.map((name, j): Cell[] => [run, name, measured[j] ?? null, predicted?.[j] ?? null, margin?.[j] ?? null]),
        ),
      }
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Refusal(
      'store-failed',
      `--out: expected a place that can be written, got ${quote(file)} (${error instanceof Error ? error.message : String(error)})`,
    )
  }
}
