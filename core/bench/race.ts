/**
 * This program and its peers on one problem, timed in turns.
 *
 * All train the same runs: data, starts, decays and rate are Kagami's, and each peer's losses after some steps are held against Kagami's. Then everyone trains
 * for a short while, round after round, each round beginning with another: what else the machine does meets all of them. Every program has one process with one
 * thread, Kagami also several processes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '#core/contract/errors.ts'
import { trainOnce, type Parts, type TrainedOnce } from './bench.ts'
import { startPeer, type Peer } from './peerProcess.ts'
import { writePeerProblem } from './peerProblem.ts'
import type { PeersPython } from './peersFolder.ts'
import type { Problem } from './problems.ts'
import { differenceOf, ratioOf, spreadOf, type Spread } from './ratios.ts'

/**
 * The largest relative difference of a run's loss that counts as the same training. Measured: float32 in another order of the sums makes 1e-6, a learning rate that
 * is off by a thousandth 1e-3.
 */
export const tolerance = 1e-4
/** Steps after which the losses are compared: in the middle of the descent, where another rate or decay still shows. */
export const comparedSteps = 500

export type Contender = {
  readonly program: string
  readonly how: string
  readonly processes: number
  readonly version: string | null // null: of this program, or of one that did not start
  readonly startSeconds: number | null // until the first steps are done; of Kagami all that is not training
  readonly compileSeconds: number | null // of that, the first steps with their compilation; not told apart in Kagami
  readonly lossDifference: number | null // from Kagami's with one process, see `differenceOf`
  /** Trains for a while. */
  burst(): Promise<{ readonly steps: number; readonly msPerStep: number; readonly threads: number | null }>
  close(): Promise<void>
}

export type RaceRow = Omit<Contender, 'burst' | 'close'> & {
  readonly problem: string
  readonly steps: number // timed, over all rounds
  readonly msPerStep: Spread | null // of all runs together
  readonly sweepSeconds: number | null // all steps of the sweep at the median, neither start nor compilation in it
  readonly ratio: Spread | null // to Kagami with one process, see `ratioOf`
  readonly threads: number | null // that computed, by processor time; below 1 where the machine had other work
  readonly isSame: boolean | null // whether its losses are Kagami's
  readonly sentence: string | null // why there is no measurement
}

type Way = { readonly peer: 'pytorch' | 'jax'; readonly program: string; readonly way: string; readonly how: string }

export const ways: readonly Way[] = [
  { peer: 'pytorch', program: 'PyTorch', way: 'loop', how: 'one run after another' },
  { peer: 'pytorch', program: 'PyTorch', way: 'stacked', how: 'runs stacked' },
  { peer: 'pytorch', program: 'PyTorch', way: 'compiled', how: 'runs stacked, torch.compile' },
  { peer: 'jax', program: 'JAX', way: 'scan', how: 'runs stacked, jit and scan' },
]

export type Race = {
  readonly parts: Parts
  readonly problem: Problem
  readonly most: number // processes of Kagami
  readonly python: PeersPython
  readonly scripts: string // the folder of the peers
  readonly resources: string
  readonly say: (sentence: string) => void
  readonly rounds?: number
  readonly burstSeconds?: number
}

export async function runRace(race: Race): Promise<RaceRow[]> {
  const { parts, problem, most, resources, say, rounds = 5, burstSeconds = 1.5 } = race
  const folder = mkdtempSync(join(tmpdir(), 'kagami-peers-'))
  const contenders: Contender[] = []
  try {
    const ours = await trainOnce(parts, problem, { processes: 1, steps: comparedSteps })
    const steps = Math.min(problem.steps, Math.max(comparedSteps, Math.round((burstSeconds * 1_000) / ours.msPerStep)))
    for (const processes of new Set([1, Math.min(most, problem.mostParts)]))
      contenders.push(kagami(parts, { problem, steps, processes, first: ours }))
    const file = join(folder, `${problem.preset}.npz`)
    writeFileSync(file, writePeerProblem(problem, resources))
    for (const way of ways) {
      say(`${problem.name}: ${way.program}, ${way.how}`)
      contenders.push(await peerOf(race, { way, file, folder, losses: ours.losses, burstSeconds }))
    }
    say(`${problem.name}: ${rounds} rounds of ${contenders.length} × ${burstSeconds} s`)
    return await runRounds(contenders, { problem, rounds })
  } finally {
    for (const { close } of contenders) await close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

type Samples = { steps: number; ms: number[]; threads: number[]; sentence: string | null }

/** Rounds of bursts; a contender that fails once takes no further part. The first one is the measure of the others. */
export async function runRounds(
  contenders: readonly Contender[],
  { problem, rounds }: { problem: Pick<Problem, 'name' | 'steps'>; rounds: number },
): Promise<RaceRow[]> {
  const all = contenders.map((contender) => {
    const samples: Samples = { steps: 0, ms: [], threads: [], sentence: null }
    return { contender, samples }
  })
  for (let round = 0; round < rounds; round += 1) {
    const first = round % all.length
    for (const { contender, samples } of [...all.slice(first), ...all.slice(0, first)]) await takeTurn(contender, samples)
  }
  const measure = all[0]?.samples.ms ?? []
  return all.map(({ contender, samples }) => rowOf(contender, { problem, samples, measure }))
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

function rowOf(
  { burst: _burst, close: _close, ...facts }: Contender,
  { problem, samples, measure }: { problem: Pick<Problem, 'name' | 'steps'>; samples: Samples; measure: readonly number[] },
): RaceRow {
  const isTimed = samples.sentence === null && samples.ms.length > 0
  const msPerStep = isTimed ? spreadOf(samples.ms) : null
  return {
    problem: problem.name,
    ...facts,
    steps: samples.steps,
    msPerStep,
    sweepSeconds: msPerStep === null ? null : (msPerStep.median * problem.steps) / 1_000,
    ratio: isTimed && measure.length > 0 ? ratioOf(measure, samples.ms) : null,
    threads: samples.threads.length > 0 ? spreadOf(samples.threads).median : null,
    isSame: facts.lossDifference === null ? null : facts.lossDifference <= tolerance,
    sentence: samples.sentence,
  }
}

type Ours = { readonly problem: Problem; readonly steps: number; readonly processes: number; readonly first: TrainedOnce }

function kagami(parts: Parts, { problem, steps, processes, first }: Ours): Contender {
  return {
    program: 'Kagami',
    how: processes === 1 ? 'one process' : `${processes} processes`,
    processes,
    version: null,
    startSeconds: processes === 1 ? first.seconds - first.trainingSeconds : null,
    compileSeconds: null,
    lossDifference: null,
    burst: async () => ({ steps, msPerStep: (await trainOnce(parts, problem, { processes, steps })).msPerStep, threads: null }),
    close: () => Promise.resolve(),
  }
}

type Entry = {
  readonly way: Way
  readonly file: string
  readonly folder: string
  readonly losses: readonly number[]
  readonly burstSeconds: number
}

/** A peer that is ready and has been compared; one that cannot run says why at its first burst. */
async function peerOf({ python, scripts, parts }: Race, { way, file, folder, losses, burstSeconds }: Entry): Promise<Contender> {
  const known = { program: way.program, how: way.how, processes: 1 }
  let peer: Peer | null = null
  try {
    const missing = python.missing[way.peer]
    if (missing !== undefined) throw new Refusal('engine-unavailable', missing)
    peer = await startPeer([python.python, '-E', '-s', '-B'], {
      args: [join(scripts, `peer_${way.peer}.py`), '--way', way.way, '--problem', file],
      env: { ...process.env, OMP_NUM_THREADS: '1', TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor') },
      clock: parts.clock,
    })
    const lossDifference = differenceOf(losses, (await peer.train(comparedSteps)).losses)
    const { version, startSeconds, compileSeconds, time, close } = peer
    const burst = async () => {
      const { steps, seconds, processorSeconds } = await time(burstSeconds)
      return { steps, msPerStep: (1_000 * seconds) / steps, threads: processorSeconds / seconds }
    }
    return { ...known, version, startSeconds, compileSeconds, lossDifference, burst, close }
  } catch (error) {
    await peer?.close()
    const nothing = { version: null, startSeconds: null, compileSeconds: null, lossDifference: null }
    const sentence = sentenceOf(error)
    const burst = () => Promise.reject(new Refusal('engine-unavailable', sentence)) // told in its row
    return { ...known, ...nothing, burst, close: () => Promise.resolve() }
  }
}

/** A refusal's sentence; a bug goes on as one. */
function sentenceOf(error: unknown): string {
  if (error instanceof Refusal) return error.message
  throw error
}
