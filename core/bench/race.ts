/**
 * This program and its peers on one problem, timed in turns.
 *
 * All train the same runs: data, starts, decays and rate are Kagami's, and the losses of everyone after some steps are held against those of Kagami's first engine. Then everyone
 * trains for a short while, round after round, each round beginning with another: what else the machine does meets all of them. Every program has one process with one thread,
 * Kagami also several processes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineName } from '#core/contract/engines.ts'
import type { Parts } from './bench.ts'
import { kagamiContenders, peerContender, sentenceOf, waysOf, type Contender } from './contenders.ts'
import { writePeerProblem } from './peerProblem.ts'
import type { PeersPython } from './peersFolder.ts'
import type { Problem } from './problem.ts'
import { ourName, ratioOf, spreadOf, type Spread } from './ratios.ts'

/**
 * The largest relative difference of a run's loss that counts as the same training. Measured: float32 in another order of the sums makes 1e-6, a learning rate that
 * is off by a thousandth 1e-3.
 */
export const tolerance = 1e-4

export type RaceRow = Omit<Contender, 'burst' | 'close'> & {
  readonly problem: string
  readonly steps: number // timed, over all rounds
  readonly rounds: readonly number[] // ms a step of each round; empty where there is no measurement
  readonly msPerStep: Spread | null // of all runs together
  readonly ratio: Spread | null // to the measure of the race, see `ratioOf`
  readonly isMeasure: boolean // whether it is Kagami's fastest engine with one process
  readonly gflops: number | null // arithmetic of a step over its median time
  readonly threads: number | null // that computed, by processor time; below 1 where the machine had other work
  readonly isSame: boolean | null // whether its losses are those of Kagami's first engine
  readonly sentence: string | null // why there is no measurement
}

export type Race = {
  readonly parts: Parts
  readonly problem: Problem
  readonly engines: readonly EngineName[]
  readonly most: number // processes of Kagami
  readonly peers: { readonly python: PeersPython; readonly scripts: string } | null // `scripts`: the folder of the peers
  readonly resources: string
  readonly say: (sentence: string) => void
  readonly rounds?: number
  readonly burstSeconds?: number
}

export async function runRace(race: Race): Promise<RaceRow[]> {
  const { parts, problem, peers, resources, say, rounds = 5, burstSeconds = 1.5 } = race
  const folder = mkdtempSync(join(tmpdir(), 'kagami-peers-'))
  const contenders: Contender[] = []
  try {
    for (const [name, bytes] of Object.entries(problem.files())) writeFileSync(join(folder, name), bytes)
    say(`${problem.name}: ${ourName}, ${race.engines.join(', ')}`)
    const ours = await kagamiContenders({ ...race, folder, burstSeconds })
    contenders.push(...ours.contenders)
    if (peers !== null) {
      const file = join(folder, `${problem.law}.npz`)
      writeFileSync(file, writePeerProblem(problem, { resources, folder }))
      for (const way of waysOf(problem)) {
        say(`${problem.name}: ${way.program}, ${way.how}`)
        contenders.push(
          await peerContender({ ...peers, way, file, folder, problem, losses: ours.losses, burstSeconds, clock: parts.clock }),
        )
      }
    }
    say(`${problem.name}: ${rounds} rounds of ${contenders.length} × ${burstSeconds} s`)
    return await runRounds(contenders, { problem, rounds })
  } finally {
    for (const { close } of contenders) await close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

type Samples = { steps: number; ms: number[]; threads: number[]; sentence: string | null }
type Timing = { readonly contender: Contender; readonly samples: Samples }
type Known = Pick<Problem, 'name' | 'flops'>

/** Rounds of bursts; a contender that fails once takes no further part. Kagami's fastest with one process is the measure of the others. */
export async function runRounds(
  contenders: readonly Contender[],
  { problem, rounds }: { problem: Known; rounds: number },
): Promise<RaceRow[]> {
  const all = contenders.map((contender): Timing => ({ contender, samples: { steps: 0, ms: [], threads: [], sentence: null } }))
  for (let round = 0; round < rounds; round += 1) {
    const first = round % all.length
    for (const { contender, samples } of [...all.slice(first), ...all.slice(0, first)]) await takeTurn(contender, samples)
  }
  const measure = measureOf(all)
  return all.map((timing) => rowOf(timing, { problem, measure }))
}

async function takeTurn({ burst }: Contender, samples: Samples): Promise<void> {
  if (samples.sentence !== null) return
  try {
    const { steps, msPerStep, threads } = await burst()
    samples.steps += steps
    samples.ms.push(msPerStep)
    if (threads !== null) samples.threads.push(threads)
  } catch (error) {
    samples.sentence = sentenceOf(error)
  }
}

const isTimed = ({ samples: { sentence, ms } }: Timing) => sentence === null && ms.length > 0

function measureOf(all: readonly Timing[]): Timing | null {
  const ours = all.filter((timing) => isTimed(timing) && timing.contender.program === ourName && timing.contender.processes === 1)
  return ours.toSorted((a, b) => spreadOf(a.samples.ms).median - spreadOf(b.samples.ms).median)[0] ?? null
}

function rowOf(timing: Timing, { problem, measure }: { problem: Known; measure: Timing | null }): RaceRow {
  const { contender, samples } = timing
  const { burst: _burst, close: _close, ...facts } = contender
  const rounds = isTimed(timing) ? samples.ms : []
  const msPerStep = rounds.length > 0 ? spreadOf(rounds) : null
  return {
    problem: problem.name,
    ...facts,
    steps: samples.steps,
    rounds,
    msPerStep,
    ratio: rounds.length > 0 && measure !== null ? ratioOf(measure.samples.ms, rounds) : null,
    isMeasure: timing === measure,
    gflops: msPerStep === null ? null : problem.flops / msPerStep.median / 1e6,
    threads: samples.threads.length > 0 ? spreadOf(samples.threads).median : null,
    isSame: facts.lossDifference === null ? null : facts.lossDifference <= tolerance,
    sentence: samples.sentence,
  }
}
