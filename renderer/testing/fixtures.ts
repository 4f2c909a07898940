/** A small study with its runs: two weight decays, a model and its control, two seeds. */
import type { Installation, InstallUnderWay, Run, Series, Study } from '#core/contract/index.ts'

export const weightDecay = 'regularisation.weightDecay'

export function aStudy(over: Partial<Study> = {}): Study {
  return {
    id: 'abc',
    name: 'small',
    hash: 'a'.repeat(64),
    title: { en: 'Small', ja: '小さい例' },
    question: { en: 'Does it?', ja: 'そうなるか?' },
    formula: 'x',
    formulaMathml: '<math><mi>x</mi></math>',
    createdMs: 1,
    engine: 'wasm',
    device: null,
    programs: { made: 1, reused: 0, seconds: 0.02 },
    runs: { queued: 0, running: 0, finished: 8, stopped: 0, failed: 0, interrupted: 0 },
    step: 0,
    steps: 800,
    secondsLeft: null,
    factors: [
      {
        path: weightDecay,
        title: { en: 'weight decay', ja: '重み減衰係数' },
        ordered: true,
        levels: [0.1, 0.2].map((value) => ({ value, label: String(value) })),
      },
      {
        path: 'model',
        title: { en: 'model', ja: 'モデル' },
        ordered: false,
        levels: ['product-linear', 'linear'].map((value) => ({ value, label: value })),
      },
    ],
    metrics: [{ name: 'loss', title: { en: 'Loss', ja: '損失' }, unit: '1', scale: 'log', isPredictable: true }],
    verdict: [],
    ...over,
  }
}

/** TensorFlow that is not installed and could be. */
export function anInstallation(over: Partial<Installation> = {}): Installation {
  return {
    engine: 'tensorflow',
    installed: null,
    needs: { fetch: 274e6, fetched: 0, disk: 854e6, free: 50e9, folder: '/home/a/engines', hindrance: null, gpuHindrance: 'no card' },
    underWay: null,
    refused: null,
    endedMs: null,
    standard: { engine: 'wasm', reason: 'embedded' },
    ...over,
  }
}

export function anInstalled(over: Partial<NonNullable<Installation['installed']>> = {}): NonNullable<Installation['installed']> {
  return {
    version: '2.21.0',
    variant: 'cpu',
    folder: '/home/a/engines/tensorflow-2.21.0-cpu',
    installedMs: 1_800_000_000_000,
    bytes: 854e6,
    compiler: 'stand-in c++ 1.0',
    proof: { device: 'stand-in processor, 1 thread', size: 512, error: 1e-7, bound: 3e-5, gflops: 100 },
    isRemovable: true,
    ...over,
  }
}

export function anInstallUnderWay(over: Partial<InstallUnderWay> = {}): InstallUnderWay {
  return {
    action: 'install',
    by: 'this-workbench',
    pid: null,
    variant: 'cpu',
    startedMs: 1_000,
    progress: null,
    isStopping: false,
    ...over,
  }
}

export function aRun(over: Partial<Run> = {}): Run {
  return {
    id: 'r',
    study: 'abc',
    cell: 'c',
    stack: 's',
    lane: 0,
    replicate: 0,
    levels: [],
    state: 'finished',
    outcome: { kind: 'reached-last-step' },
    reason: null,
    step: 100,
    steps: 100,
    values: {},
    parametersSha256: null,
    startedMs: null,
    endedMs: null,
    ...over,
  }
}

/** Ids read `0.1-linear-0`: weight decay, model, seed. */
export function eightRuns(): Run[] {
  return [0.1, 0.2].flatMap((decay) =>
    ['product-linear', 'linear'].flatMap((model) =>
      [0, 1].map((replicate) =>
        aRun({
          id: `${decay}-${model}-${replicate}`,
          cell: `${decay}-${model}`,
          replicate,
          levels: [
            { factor: weightDecay, value: decay, label: String(decay) },
            { factor: 'model', value: model, label: model },
          ],
        }),
      ),
    ),
  )
}

export const byId = (runs: readonly Run[]): ReadonlyMap<string, Run> => new Map(runs.map((run) => [run.id, run]))

/** One block in which run k has the value 10 k + i at the i-th step. */
export function aSeries(runs: readonly Run[], steps: readonly number[] = [0, 50, 100]): Series {
  const values = Float64Array.from(runs.flatMap((_, k) => steps.map((_step, i) => 10 * k + i)))
  return {
    study: 'abc',
    metric: 'loss',
    shown: steps.length,
    total: steps.length,
    blocks: [{ runs: runs.map(({ id }) => id), steps: Float64Array.from(steps), values }],
  }
}
