/** The benchmark of this program on this machine: its own sweeps through its own workbench, with as many trainers as asked. */
import type { Clock } from '#core/trainer/clock.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import { failureOf, type Workbench } from '#core/workbench/workbench.ts'
import { problems, type Problem } from './problems.ts'

export type Timed = {
  readonly problem: string
  readonly what: string
  readonly processes: number
  readonly runs: number
  readonly steps: number
  readonly seconds: number // wall-clock, from the start of the study to the last run's end, processes and files included
  readonly trainingSeconds: number // of the slowest trainer, steps alone
  readonly msPerStep: number // of the slowest trainer; one step is a step of all of its runs
}

export type Parts = {
  readonly open: (jobs: number) => { readonly workbench: Workbench; readonly close: () => Promise<void> }
  readonly clock: Clock
}

/** The problems of these names; all of them when there are none. */
export function problemsOf(names: readonly string[]): readonly Problem[] {
  return problems.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** Each problem in full with one process and with `most`. */
export async function runBench(parts: Parts, { most, names }: { most: number; names: readonly string[] }): Promise<Timed[]> {
  const timed: Timed[] = []
  for (const problem of problemsOf(names)) timed.push(...(await timeSweeps(parts, { problem, most })))
  return timed
}

/** A problem in full with one process and with `most`, or with as many as it has parts. */
export async function timeSweeps(parts: Parts, { problem, most }: { problem: Problem; most: number }): Promise<Timed[]> {
  const timed: Timed[] = []
  for (const processes of new Set([1, Math.min(most, problem.mostParts)])) {
    const { seconds, trainingSeconds, msPerStep } = await trainOnce(parts, problem, { processes })
    const { name, what, runs, steps } = problem
    timed.push({ problem: name, what, processes, runs, steps, seconds, trainingSeconds, msPerStep })
  }
  return timed
}

export type TrainedOnce = Pick<Timed, 'seconds' | 'trainingSeconds' | 'msPerStep'> & {
  readonly losses: readonly number[] // of the data, after the last step, in the order of the runs of each study
}

/** A problem, or its first steps, trained once in a project of its own. */
export async function trainOnce(
  { open, clock }: Parts,
  problem: Problem,
  { processes, steps = problem.steps }: { processes: number; steps?: number },
): Promise<TrainedOnce> {
  const { workbench, close } = open(processes)
  const { db } = workbench.project
  try {
    const began = clock.nowMs()
    const started = problem.studies(processes, steps).map((source) => workbench.start(source).study)
    for (const study of started) {
      const failure = failureOf(workbench.project, study, await workbench.idle(study))
      if (failure !== null) throw failure
    }
    const seconds = (clock.nowMs() - began) / 1_000
    const training = started.map((study) => readStacks(db, study).reduce((sum, { trainingMs }) => sum + trainingMs, 0))
    const slowest = Math.max(...training)
    const losses = started.flatMap((study) =>
      readRuns(db, { study })
        .runs.toSorted((a, b) => a.lane - b.lane)
        .map(({ values }) => values['loss'] ?? Number.NaN),
    )
    return { seconds, trainingSeconds: slowest / 1_000, msPerStep: slowest / steps, losses }
  } finally {
    await close()
  }
}
