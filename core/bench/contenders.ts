/** Who trains a problem in turns: this program on each of its engines, and each peer in each of its ways. */
import { join } from 'node:path'
import type { EngineName } from '#core/contract/engines.ts'
import { Refusal } from '#core/contract/errors.ts'
import { processCounts, trainOnce, type Parts, type TrainedOnce } from './bench.ts'
import { startPeer, type Peer } from './peerProcess.ts'
import type { PeersPython } from './peersFolder.ts'
import type { Problem } from './problem.ts'
import { differenceOf, ourName } from './ratios.ts'

export type Contender = {
  readonly program: string
  readonly how: string
  readonly engine: EngineName | null // of this program
  readonly processes: number
  readonly version: string | null // null: of this program, or of one that did not start
  readonly startSeconds: number | null // until the first steps are done; of Kagami all that is not training
  readonly compileSeconds: number | null // of that, the making of the step's program; of a peer its first steps with their compilation
  readonly lossDifference: number | null // from Kagami's first engine, see `differenceOf`; null of that itself
  /** Trains for a while. */
  burst(): Promise<{ readonly steps: number; readonly msPerStep: number; readonly threads: number | null }>
  close(): Promise<void>
}

export type Way = {
  readonly peer: 'pytorch' | 'jax' | 'tensorflow'
  readonly program: string
  readonly way: string
  readonly how: string
}

const mostLooped = 100 // runs one after another: more of them take minutes for what stacking does in seconds

/** How each peer trains a problem; what is known to be slower by tens everywhere, an XLA loop over convolutions on a processor, is left out. */
export function waysOf({ law, runs }: Pick<Problem, 'law' | 'runs'>): readonly Way[] {
  const stacked = runs > 1 ? 'runs stacked, ' : ''
  const isNetwork = law === 'perceptron' || law === 'convolutional'
  const torch = { peer: 'pytorch', program: 'PyTorch' } as const
  const jax = { peer: 'jax', program: 'JAX' } as const
  const tensorflow = { peer: 'tensorflow', program: 'TensorFlow' } as const
  return [
    ...(runs > 1 && runs <= mostLooped ? [{ ...torch, way: 'loop', how: 'one run after another' }] : []),
    { ...torch, way: 'eager', how: `${stacked}eager` },
    { ...torch, way: 'compiled', how: `${stacked}torch.compile` },
    ...(law === 'convolutional' ? [] : [{ ...jax, way: 'scan', how: `${stacked}${runs > 1 ? 'vmap, ' : ''}jit and scan` }]),
    ...(isNetwork ? [{ ...jax, way: 'step', how: 'jit' }] : []),
    { ...tensorflow, way: 'graph', how: `${stacked}tf.function` },
    ...(law === 'convolutional' ? [] : [{ ...tensorflow, way: 'xla', how: `${stacked}tf.function, XLA` }]),
  ]
}

/** A contender that cannot run: it says why at its first burst. */
function absent(known: Pick<Contender, 'program' | 'how' | 'engine' | 'processes'>, error: unknown): Contender {
  const sentence = sentenceOf(error)
  return {
    ...known,
    version: null,
    startSeconds: null,
    compileSeconds: null,
    lossDifference: null,
    burst: () => Promise.reject(new Refusal('engine-unavailable', sentence)), // told in its row
    close: () => Promise.resolve(),
  }
}

/** A refusal's sentence; a bug goes on as one. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Refusal) return error.message
  throw error
}

type Ours = {
  readonly parts: Parts
  readonly problem: Problem
  readonly engines: readonly EngineName[]
  readonly most: number
  readonly folder: string // with the problem's files
  readonly burstSeconds: number
}

/** This program on each engine, with one process and with several; `losses` are those of the first engine that trains, null where none does. */
export async function kagamiContenders(
  race: Ours,
): Promise<{ readonly contenders: Contender[]; readonly losses: readonly number[] | null }> {
  const { parts, problem, engines, most, folder } = race
  const contenders: Contender[] = []
  let losses: readonly number[] | null = null
  for (const engine of engines) {
    try {
      const first = await trainOnce(parts, problem, { engine, processes: 1, steps: problem.comparedSteps, folder })
      for (const processes of processCounts(problem, most)) contenders.push(kagami(race, { engine, processes, first, losses }))
      losses ??= first.losses
    } catch (error) {
      contenders.push(absent({ program: ourName, how: howOf(engine, 1), engine, processes: 1 }, error))
    }
  }
  return { contenders, losses }
}

type Entry = {
  readonly engine: EngineName
  readonly processes: number
  readonly first: TrainedOnce
  readonly losses: readonly number[] | null // of an engine before this one
}

function kagami({ parts, problem, folder, burstSeconds }: Ours, { engine, processes, first, losses }: Entry): Contender {
  const isAlone = processes === 1
  const wanted = Math.round((burstSeconds * 1_000) / first.msPerStep)
  const steps = Math.max(1, Math.min(problem.steps, wanted))
  return {
    program: ourName,
    how: howOf(engine, processes),
    engine,
    processes,
    version: null,
    startSeconds: isAlone ? first.seconds - first.trainingSeconds : null,
    compileSeconds: isAlone ? first.compileSeconds : null,
    lossDifference: isAlone && losses !== null ? differenceOf(losses, first.losses) : null,
    burst: async () => {
      const { msPerStep } = await trainOnce(parts, problem, { engine, processes, steps, folder, metric: 'norm' })
      return { steps, msPerStep, threads: null }
    },
    close: () => Promise.resolve(),
  }
}

function howOf(engine: EngineName, processes: number): string {
  return `${engine}, ${processes === 1 ? 'one process' : `${processes} processes`}`
}

type Theirs = {
  readonly way: Way
  readonly python: PeersPython
  readonly scripts: string // the folder of the peers
  readonly file: string // the problem
  readonly folder: string // for what they write
  readonly problem: Pick<Problem, 'comparedSteps'>
  readonly losses: readonly number[] | null
  readonly burstSeconds: number
  readonly clock: Parts['clock']
}

/** A peer that is ready and has been compared. */
export async function peerContender(given: Theirs): Promise<Contender> {
  const { way, python, scripts, file, folder, problem, losses, burstSeconds, clock } = given
  const known = { program: way.program, how: way.how, engine: null, processes: 1 }
  let peer: Peer | null = null
  try {
    const missing = python.missing[way.peer]
    if (missing !== undefined) throw new Refusal('engine-unavailable', missing)
    peer = await startPeer([python.python, '-E', '-s', '-B'], {
      args: [join(scripts, `peer_${way.peer}.py`), '--way', way.way, '--problem', file],
      env: { ...process.env, OMP_NUM_THREADS: '1', TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor') },
      clock,
    })
    const trained = await peer.train(problem.comparedSteps)
    const { version, startSeconds, compileSeconds, time, close } = peer
    const burst = async () => {
      const { steps, seconds, processorSeconds } = await time(burstSeconds)
      return { steps, msPerStep: (1_000 * seconds) / steps, threads: processorSeconds / seconds }
    }
    const lossDifference = losses === null ? null : differenceOf(losses, trained.losses)
    return { ...known, version, startSeconds, compileSeconds, lossDifference, burst, close }
  } catch (error) {
    await peer?.close()
    return absent(known, error)
  }
}
