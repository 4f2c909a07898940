/** Everything that a benchmark has measured, with what it was measured on: the terminal, the page and JSON show this and nothing else. */
import type { Timed } from './bench.ts'
import { bestOf, type Best } from './best.ts'
import type { Machine } from './machine.ts'
import type { Problem } from './problem.ts'
import { tolerance, type RaceRow } from './race.ts'

export type BenchResult = {
  readonly machine: Machine
  readonly problems: readonly Pick<Problem, 'name' | 'what' | 'runs' | 'flops' | 'comparedSteps'>[]
  readonly rounds: readonly RaceRow[]
  readonly best: readonly Best[]
  readonly whole: readonly Timed[] // sweeps from their start to their end
  readonly tolerance: number
  readonly versions: Readonly<Record<string, string>> // of the peers that ran
}

type Measured = {
  readonly machine: Machine
  readonly problems: readonly Problem[]
  readonly rounds: readonly RaceRow[]
  readonly whole: readonly Timed[]
}

export function benchResult({ machine, problems, rounds, whole }: Measured): BenchResult {
  return {
    machine,
    versions: Object.fromEntries(rounds.flatMap(({ program, version }) => (version === null ? [] : [[program, version]]))),
    problems: problems.map(({ name, what, runs, flops, comparedSteps }) => ({ name, what, runs, flops, comparedSteps })),
    rounds,
    best: bestOf(rounds),
    whole,
    tolerance,
  }
}
