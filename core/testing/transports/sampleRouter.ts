/** The program's contract with handlers that answer one fixed value each: proof that every route's answer crosses a transport. */
import type { ContractRouterClient } from '@orpc/contract'
import { implement } from '@orpc/server'
import {
  contract,
  type Comparison,
  type Contract,
  type EngineProof,
  type Installation,
  type Event,
  type Mirrors,
  type Phase,
  type Plan,
  type Preset,
  type Run,
  type Series,
  type Structure,
  type Study,
  type Survival,
  type Transition,
} from '#core/contract/index.ts'

export type SampleClient = ContractRouterClient<Contract>

const words = { en: 'A mirror', ja: '鏡' }
const hash = '0123456789abcdef'.repeat(4)
const factor = { path: 'regularisation.weightDecay', title: words, ordered: true, levels: [{ value: 0.05, label: '0.05' }] }

const preset: Preset = { name: 'rescaling-sparsity', title: words, question: words, text: 'kagami: 1\n', runs: 80, files: ['mnist/a.gz'] }
const plan: Plan = {
  name: 'a', hash, title: words, cells: 8, seeds: 10, runs: 80, mostRuns: null, engine: 'wasm', seconds: Infinity, bytes: 0, factors: [factor],
  stacks: [{ id: 's-0', runs: 80, shape: { depth: [2, null] }, parameters: 24, steps: 40_000, bytes: 1, seconds: Number.NaN }], warnings: ['none'],
} // prettier-ignore
const study: Study = {
  id: '0a1b', name: 'a', hash, title: words, question: words, formula: '\\ell', formulaMathml: '<math><mi>ℓ</mi></math>', createdMs: 0, engine: 'wasm', device: null, programs: { made: 1, reused: 0, seconds: 0.02 },
  runs: { queued: 0, running: 1, finished: 2, stopped: 3, failed: 4, interrupted: 5 }, step: 1, steps: 2, secondsLeft: null, factors: [factor],
  metrics: [{ name: 'loss', title: words, unit: '', scale: 'log', isPredictable: true }],
  verdict: [{ metric: 'loss', rule: 'at-most', limit: 1e-3, upper: null, of: 'each', over: 'last', relativeTo: [], where: [], theory: null, predicted: null, reason: null, passed: 0, total: 1, runs: 1, value: null, interval: null, least: -Infinity, most: -Infinity, worst: -Infinity, worstRun: null }],
} // prettier-ignore
const run: Run = {
  id: '0a1b.c.0', study: '0a1b', cell: 'c', stack: 's-0', lane: 0, replicate: 0, levels: [{ factor: factor.path, value: [1, 'x', null], label: 'x' }],
  state: 'finished', outcome: { kind: 'diverged', step: 7, place: 'loss' }, reason: null, step: 7, steps: 10, values: { loss: Number.NaN, norm: -0 },
  parametersSha256: hash, startedMs: 1, endedMs: null,
} // prettier-ignore
const series: Series = {
  study: '0a1b', metric: 'loss', shown: 2, total: 2, blocks: [{ runs: ['0a1b.c.0'], steps: new Float64Array([0, 200]), values: new Float64Array([-0, Number.NaN]) }],
} // prettier-ignore
const survival: Survival = {
  factor: 'a', metric: 'loss', rule: 'at-most', limit: 0.1, baseline: '0.05', confidence: 0.95, interval: 'log-log', resolution: 10, horizon: 40,
  where: {}, pooled: [], test: null,
  levels: [
    {
      label: '0.05', value: 0.05, after: 0, n: 2, events: 1, atStart: 0, unseen: 0, lastTime: 40, test: null, need: null,
      censored: { lastStep: 1, stopped: 0, diverged: 0, unfinished: 0 },
      curve: [{ time: 20, atRisk: 2, events: 1, survival: 0.5, low: 0.06, high: 0.91 }], censorings: [{ time: 40, count: 1 }],
      median: { time: 20, low: 20, high: null }, restrictedMean: { value: 30, low: null, high: null },
    },
  ],
} // prettier-ignore
const comparison: Comparison = {
  factor: factor.path, metric: 'loss', baseline: '0.05', test: 'welch', confidence: 0.95, where: {}, pooled: [],
  levels: [{ label: '0.05', value: 0.05, n: 1, diverged: 0, infinite: 0, stopped: 0, values: [{ run: '0a1b.c.0', value: -0 }], mean: 1, standardDeviation: null, interval: null, difference: null, need: { seeds: 2 } }],
} // prettier-ignore
const phase: Phase = {
  metric: 'loss', where: { model: 'linear' }, pooled: [],
  x: { factor: factor.path, scale: 'log', levels: [{ label: '0.05', value: 0.05 }] }, y: { factor: 'data.target', scale: 'linear', levels: [{ label: '-0', value: -0 }] },
  cells: [{ x: 0, y: 0, n: 1, diverged: 0, stopped: 0, mean: -0, standardDeviation: null }],
  boundary: { oracles: [{ number: '8.2', title: words }], along: 'x', seeds: 1, lines: [{ collapses: 'below', points: [{ at: 0.05, value: 1, low: 1, high: 1 }] }] },
} // prettier-ignore
const structure: Structure = {
  origin: { kind: 'run', run: '0a1b.c.0', study: '0a1b', state: 'running', parameters: 'checkpoint', step: 7, steps: 10 },
  layers: [{ name: 'v', dtype: 'float32', shape: [1, 2], entries: 2, sparsity: [{ threshold: 1e-3, share: null }], exactZeros: -0, norm: 1, matrix: { rows: 1, columns: 2 },
    spectrum: { singularValues: new Float64Array([Infinity]), numericRank: 1, machineRank: 1, effectiveRank: 1, stableRank: 1, energyRank: 1 } }],
  neurons: [{ name: 'a', activation: 'odd', incoming: 'v', bias: null, outgoing: 'w', width: 2, survivors: 1, groups: 1, members: [[1]], vanishing: [0] }],
  mirrors: [{ family: 'rotation', symmetry: 'rotation', title: words, onMirror: 'dependent', residual: 1e-9, places: null, reached: null }],
  notes: [{ kind: 'diverged', step: 7 }],
} // prettier-ignore
const group = {
  symmetry: 'permutation',
  family: null,
  title: words,
  reflection: 'swap',
  place: 'layer1',
  candidates: 1,
  checked: 1,
} as const
const mirrors: Mirrors = {
  origin: { kind: 'run', run: '0a1b.c.0', study: '0a1b', state: 'running', parameters: 'start', step: 0, steps: 10 },
  mirrors: [{ ...group, nearest: '0↔1', count: 1, rank: 3, error: -0, onMirror: 'equal', residual: null, threshold: null, decay: null, verdict: null,
    exponent: { value: -Infinity, low: -Infinity, high: 0, estimator: 'exact', count: 0 }, whyNoExponent: null, isKept: true }],
  rejected: [{ ...group, rejected: 1, least: 1e-3, largest: Infinity, isExpected: true }],
  families: [{ symmetry: 'rescaling', family: 'rescaling', title: words, mirrors: null, onMirror: null, keptBy: ['sgd'], isFound: null, isKept: null,
    conserved: { tex: 'u^2 - w^2', entries: 2, largest: 0, rate: null, isKept: false } }],
  notes: [{ kind: 'sampled', groups: 1 }],
} // prettier-ignore
const proof: EngineProof = {
  engine: 'cpu',
  available: true,
  device: null,
  size: 64,
  error: 0,
  bound: 64 * 2 ** -24,
  gflops: 0.1,
  versions: { tfjs: '4' },
  reason: null,
}
const installation: Installation = {
  engine: 'tensorflow',
  installed: {
    version: '2.21.0', variant: 'cpu', folder: '/home/a 鏡/engines', installedMs: 1, bytes: 854e6, compiler: 'g++ 12', isRemovable: true,
    proof: { device: 'a processor', size: 512, error: 1e-7, bound: 3e-5, gflops: 21.7 },
  },
  needs: { fetch: 274e6, fetched: 0, disk: 854e6, free: null, folder: '/home/a 鏡/engines', hindrance: null, gpuHindrance: '--gpu: expected a card' },
  underWay: { action: 'install', by: 'another-process', pid: 7, variant: 'gpu', startedMs: null, progress: { stage: 'fetch', done: 1, total: 2 }, isStopping: false },
  refused: { code: 'store-failed', message: 'disk: expected 1.2 GB free' }, endedMs: 5, standard: { engine: 'wasm', reason: 'embedded' },
} // prettier-ignore
const events: Event[] = [
  { kind: 'studyChanged', cursor: 1, study: '0a1b' },
  { kind: 'progressed', cursor: 2, study: '0a1b', step: 1, steps: 2 },
  { kind: 'runsEnded', cursor: 3, study: '0a1b', state: 'finished', runs: 4 },
  { kind: 'engineChanged', cursor: 4, progress: { stage: 'unpack', done: 3, total: 9 } },
]
const measured = { run: '0a1b.c.0', names: ['x'], measured: new Float64Array([-0]), predicted: null, margin: new Float64Array([Infinity]) }
const prediction = { metric: 'loss', oracle: 'lasso', cell: 'c', replicate: 0, over: 'last-half' as const, value: Number.NaN }
const transition: Transition = {
  factor: 'regularisation.weightDecay', title: words, scale: 'log', from: 0.01, to: 1, precision: 0.1,
  above: { metric: 'loss', over: 'last', atMost: 1e-3, atLeast: null }, where: [], confidence: 0.95, wanted: 0,
  brackets: [{ seed: 1, state: 'without-value', low: 0.01, high: null, theory: 0.5, runs: [{ run: '0a1b.c.1', level: 1, value: null, side: null }] }],
  mean: null, median: null, medianInterval: null, failure: null, theory: 0.5, oracle: '8.2',
} // prettier-ignore
const report = { html: '<!doctype html><title>鏡</title>', bytes: 30 }

export function createSampleRouter() {
  const os = implement(contract)
  return os.router({
    presets: { list: os.presets.list.handler(() => [preset]) },
    studies: {
      plan: os.studies.plan.handler(() => plan),
      start: os.studies.start.handler(() => ({ study: '0a1b' })),
      resume: os.studies.resume.handler(({ input }) => input),
      stop: os.studies.stop.handler(({ input }) => input),
      list: os.studies.list.handler(() => [study]),
      get: os.studies.get.handler(() => study),
      text: os.studies.text.handler(() => ({ text: 'kagami: 1\n' })),
      coefficients: os.studies.coefficients.handler(() => [measured]),
      predictions: os.studies.predictions.handler(() => [prediction]),
      transitions: os.studies.transitions.handler(() => [transition]),
    },
    runs: { list: os.runs.list.handler(({ input }) => ({ total: 1, offset: input.offset, runs: [run] })) },
    series: { read: os.series.read.handler(() => series) },
    structures: { get: os.structures.get.handler(() => structure) },
    mirrors: { get: os.mirrors.get.handler(() => mirrors) },
    comparisons: {
      make: os.comparisons.make.handler(() => comparison),
      phase: os.comparisons.phase.handler(() => phase),
      survival: os.comparisons.survival.handler(() => survival),
    },
    reports: { make: os.reports.make.handler(() => report) },
    engines: {
      prove: os.engines.prove.handler(() => [proof]),
      installation: os.engines.installation.handler(() => installation),
      install: os.engines.install.handler(() => installation),
      cancel: os.engines.cancel.handler(() => installation),
      remove: os.engines.remove.handler(() => ({ bytes: 854e6 })),
    },
    events: {
      watch: os.events.watch.handler(async function* () {
        yield* events
      }),
    },
  })
}

type Sample = { readonly route: string; call(client: SampleClient): Promise<unknown>; readonly expected: unknown }

const ofStudy = { study: '0a1b' }

/** Every route, how it is called, and what its handler above gives. */
export const contractSamples: readonly Sample[] = [
  { route: 'presets.list', call: (client) => client.presets.list(), expected: [preset] },
  { route: 'studies.plan', call: (client) => client.studies.plan({ preset: 'a' }), expected: plan },
  { route: 'studies.start', call: (client) => client.studies.start({ text: 'kagami: 1' }), expected: ofStudy },
  { route: 'studies.resume', call: (client) => client.studies.resume(ofStudy), expected: ofStudy },
  { route: 'studies.stop', call: (client) => client.studies.stop(ofStudy), expected: ofStudy },
  { route: 'studies.list', call: (client) => client.studies.list(), expected: [study] },
  { route: 'studies.get', call: (client) => client.studies.get(ofStudy), expected: study },
  { route: 'studies.text', call: (client) => client.studies.text(ofStudy), expected: { text: 'kagami: 1\n' } },
  { route: 'studies.coefficients', call: (client) => client.studies.coefficients(ofStudy), expected: [measured] },
  { route: 'studies.predictions', call: (client) => client.studies.predictions(ofStudy), expected: [prediction] },
  { route: 'studies.transitions', call: (client) => client.studies.transitions(ofStudy), expected: [transition] },
  { route: 'runs.list', call: (client) => client.runs.list({}), expected: { total: 1, offset: 0, runs: [run] } },
  { route: 'series.read', call: (client) => client.series.read({ ...ofStudy, metric: 'loss' }), expected: series },
  { route: 'structures.get', call: (client) => client.structures.get({ run: '0a1b.c.0' }), expected: structure },
  { route: 'mirrors.get', call: (client) => client.mirrors.get({ run: '0a1b.c.0', at: 'start' }), expected: mirrors },
  {
    route: 'comparisons.make',
    call: (client) => client.comparisons.make({ ...ofStudy, factor: 'a', metric: 'loss' }),
    expected: comparison,
  },
  {
    route: 'comparisons.phase',
    call: (client) => client.comparisons.phase({ ...ofStudy, x: 'a', y: 'b', metric: 'loss' }),
    expected: phase,
  },
  {
    route: 'comparisons.survival',
    call: (client) => client.comparisons.survival({ ...ofStudy, factor: 'a', metric: 'loss', atMost: 0.1 }),
    expected: survival,
  },
  { route: 'reports.make', call: (client) => client.reports.make({ ...ofStudy, language: 'ja' }), expected: report },
  { route: 'engines.prove', call: (client) => client.engines.prove(), expected: [proof] },
  { route: 'engines.installation', call: (client) => client.engines.installation(), expected: installation },
  { route: 'engines.install', call: (client) => client.engines.install({ variant: 'cpu', from: '/a/b.whl' }), expected: installation },
  { route: 'engines.cancel', call: (client) => client.engines.cancel(), expected: installation },
  { route: 'engines.remove', call: (client) => client.engines.remove(), expected: { bytes: 854e6 } },
  { route: 'events.watch', call: async (client) => collect(await client.events.watch({})), expected: events },
]

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of stream) values.push(value)
  return values
}
