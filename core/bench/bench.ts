/** The benchmark of this program on this machine: its own sweeps through its own workbench, on each engine, with as many trainers as asked. */
import type { EngineName } from '#core/contract/engines.ts'
import type { Clock } from '#core/trainer/clock.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks, type Stack } from '#core/store/stacks.ts'
import { failureOf, type Workbench } from '#core/workbench/workbench.ts'
import type { Problem, StudyGiven } from './problem.ts'
import { problems } from './problems.ts'

export type Timed = {
  readonly problem: string
  readonly what: string
  readonly engine: EngineName
  readonly processes: number
  readonly runs: number
  readonly steps: number
  readonly seconds: number // wall-clock, from the start of the study to the last run's end, processes and files included
  readonly trainingSeconds: number // of the slowest trainer, steps alone
  readonly compileSeconds: number // of the slowest trainer, until its first step can be taken
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

/** How many trainers a problem is timed with: one, and `most` or as many as it has parts. */
export function processCounts({ mostParts }: Pick<Problem, 'mostParts'>, most: number): readonly number[] {
  return [...new Set([1, Math.min(most, mostParts)])]
}

type Bench = { readonly most: number; readonly problems: readonly Problem[]; readonly engines: readonly EngineName[] }

/** Each sweep in full on each engine, with one process and with `most`. */
export async function runBench(parts: Parts, { most, problems: asked, engines }: Bench): Promise<Timed[]> {
  const timed: Timed[] = []
  for (const problem of asked.filter(({ isSweep }) => isSweep)) {
    const { name, what, runs, steps } = problem
    for (const engine of engines) {
      for (const processes of processCounts(problem, most)) {
        const { losses: _, ...times } = await trainOnce(parts, problem, { engine, processes })
        timed.push({ problem: name, what, engine, processes, runs, steps, ...times })
      }
    }
  }
  return timed
}

export type TrainedOnce = Pick<Timed, 'seconds' | 'trainingSeconds' | 'compileSeconds' | 'msPerStep'> & {
  readonly losses: readonly number[] // of the data, after the last step, in the order of the runs of each study; NaN where another metric was recorded
}

type Training = StudyGiven & { readonly engine: EngineName; readonly processes: number }

/** A problem, or its first steps, trained once in a project of its own. */
export async function trainOnce(
  { open, clock }: Parts,
  problem: Problem,
  { engine, processes, steps = problem.steps, ...given }: Training,
): Promise<TrainedOnce> {
  const { workbench, close } = open(processes)
  const { db } = workbench.project
  try {
    const began = clock.nowMs()
    const started = problem.studies(processes, { ...given, steps }).map((source) => workbench.start(source, engine).study)
    for (const study of started) {
      const failure = failureOf(workbench.project, study, await workbench.idle(study))
      if (failure !== null) throw failure
    }
    const seconds = (clock.nowMs() - began) / 1_000
    const stacks = started.map((study) => readStacks(db, study))
    const slowest = Math.max(...stacks.map(stepsMs))
    const losses = started.flatMap((study) =>
      readRuns(db, { study })
        .runs.toSorted((a, b) => a.lane - b.lane)
        .map(({ values }) => values['loss'] ?? Number.NaN),
    )
    const compileSeconds = Math.max(...stacks.map((all) => all.reduce((sum, { programs }) => sum + programs.ms, 0))) / 1_000
    return { seconds, trainingSeconds: slowest / 1_000, compileSeconds, msPerStep: slowest / steps, losses }
  } finally {
    await close()
  }
}

/** The time of a study's steps, without the making of their programs. */
function stepsMs(stacks: readonly Stack[]): number {
  return stacks.reduce((sum, { trainingMs, programs }) => sum + trainingMs - programs.ms, 0)
}
