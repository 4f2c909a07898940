/** A benchmark's result as tables, for the terminal and for the page. */
import type { BenchResult } from './result.ts'
import type { RaceRow } from './race.ts'
import type { Spread } from './ratios.ts'
import type { BenchWords } from './words.ts'

export type Cell = string | number | null

export type BenchTable = {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  readonly notes: readonly string[]
}

/** The tables that have rows: who is faster, everyone's times, whole sweeps. */
export function benchTables(result: BenchResult, words: BenchWords): readonly BenchTable[] {
  return [bestTable(result, words), roundsTable(result, words), wholeTable(result, words)].filter(({ rows }) => rows.length > 0)
}

/** Title and value of what stands beside the tables. */
export function machineFacts({ machine, versions }: BenchResult, words: BenchWords): readonly (readonly [string, string])[] {
  const loads = [machine.load.before, machine.load.after].map((load) => load.map((value) => value.toFixed(1)).join(', '))
  const python = machine.python === null ? {} : { Python: machine.python }
  const all = { Node: machine.node, ...python, ...versions }
  return [
    [words.processor, machine.processor],
    [words.cores, String(machine.cores)],
    [words.system, machine.system],
    ...machine.engines.map(({ engine, device, gflops }) => [`${words.engine} ${engine}`, `${device}; ${digits(gflops)} GFLOP/s`] as const),
    [words.peak, `${digits(machine.peakGflops)} GFLOP/s`],
    [
      words.versions,
      Object.entries(all)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    [words.load, loads.join('; ')],
  ]
}

function bestTable({ best }: BenchResult, words: BenchWords): BenchTable {
  return {
    title: words.best,
    columns: [words.problem, words.ours, words.program, words.theirs, words.ratio, words.ratioRange],
    rows: best.map(({ problem, ours, program, how, ratio }) => [problem, ours, program, how, digits(ratio.median), range(ratio)]),
    notes: [],
  }
}

function roundsTable({ rounds, machine, tolerance }: BenchResult, words: BenchWords): BenchTable {
  return {
    title: words.rounds,
    columns: [
      words.problem,
      words.program,
      words.how,
      words.ms,
      words.range,
      words.ratio,
      words.ratioRange,
      words.gflops,
      words.share,
      words.start,
      words.compile,
      words.steps,
      words.losses,
    ],
    rows: rounds.map((row) => [
      row.problem,
      row.program,
      row.how,
      digits(row.msPerStep?.median),
      range(row.msPerStep),
      digits(row.ratio?.median),
      range(row.ratio),
      digits(row.gflops),
      row.gflops === null || machine.peakGflops === 0 ? null : digits((100 * row.gflops) / machine.peakGflops),
      digits(row.startSeconds),
      digits(row.compileSeconds),
      row.steps,
      row.sentence ?? lossWords(row, words),
    ]),
    notes: [words.noteTime, words.noteRatio, words.noteGflops, words.noteStart, `${words.noteLosses} ${tolerance}`],
  }
}

function wholeTable({ whole }: BenchResult, words: BenchWords): BenchTable {
  return {
    title: words.whole,
    columns: [words.problem, words.engine, words.processes, words.seconds, words.training, words.compile, words.ms, words.what],
    rows: whole.map(({ problem, engine, processes, seconds, trainingSeconds, compileSeconds, msPerStep, what }) => [
      problem,
      engine,
      processes,
      ...[seconds, trainingSeconds, compileSeconds, msPerStep].map(digits),
      what,
    ]),
    notes: [],
  }
}

/** Three digits; what is not there is null. */
function digits(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(3))
}

function range(spread: Spread | null): string | null {
  return spread === null ? null : `${digits(spread.least)}–${digits(spread.most)}`
}

function lossWords({ isSame, lossDifference, engine, processes }: RaceRow, words: BenchWords): string {
  if (lossDifference === null) return engine !== null && processes === 1 ? words.reference : ''
  return `${isSame === true ? words.same : words.disagrees}, ${lossDifference.toExponential(0)}`
}
