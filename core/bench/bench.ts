/** The benchmark of this program on this machine: its own sweeps through its own workbench, with as many trainers as asked. */
import type { Clock } from '#core/trainer/clock.ts'
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

type Parts = {
  readonly open: (jobs: number) => { readonly workbench: Workbench; readonly close: () => Promise<void> }
  readonly clock: Clock
}

/** Each problem with one process and with `most`. */
export async function runBench({ open, clock }: Parts, { most, names }: { most: number; names: readonly string[] }): Promise<Timed[]> {
  const timed: Timed[] = []
  for (const problem of problems.filter(({ name }) => names.length === 0 || names.includes(name)))
    for (const processes of new Set([1, most])) timed.push(await time(problem, { processes, open, clock }))
  return timed
}

async function time(problem: Problem, { processes, open, clock }: Parts & { processes: number }): Promise<Timed> {
  const { workbench, close } = open(processes)
  try {
    const began = clock.nowMs()
    const started = problem.studies(processes).map((source) => workbench.start(source).study)
    for (const study of started) {
      const failure = failureOf(workbench.project, study, await workbench.idle(study))
      if (failure !== null) throw failure
    }
    const seconds = (clock.nowMs() - began) / 1_000
    const training = started.map((study) => readStacks(workbench.project.db, study).reduce((sum, { trainingMs }) => sum + trainingMs, 0))
    const slowest = Math.max(...training)
    return {
      problem: problem.name,
      what: problem.what,
      processes,
      runs: problem.runs,
      steps: problem.steps,
      seconds,
      trainingSeconds: slowest / 1_000,
      msPerStep: slowest / problem.steps,
    }
  } finally {
    await close()
  }
}
