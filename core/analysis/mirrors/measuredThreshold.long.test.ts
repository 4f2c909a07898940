/**
 * The decay from which on training returns to a mirror, against the local threshold: γ* measured through the ordinary training program in float32 on wasm, γ_loc(θ̄(γ)) = γ
 * solved from Hessians in float64. Three networks whose transition is continuous.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { matrixTimes, transposeTimes } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { lossOf, modelOf } from '#core/study/kinds.ts'
import { replace, restrict, symmetrise, type Mirror } from '#core/symmetry/mirror.ts'
import { lanesOf, partOf, train } from '#core/testing/oneCell.ts'
import type { Lane } from '#core/trainer/lanes.ts'
import { findMirrors, type FoundMirrors } from './findMirrors.ts'
import { networkKey as key, neuronsOf, workedExample } from './fixtures/networks.ts'
import type { Network } from './network.ts'
import { localThreshold } from './threshold.ts'

beforeAll(async () => void (await startEngine('wasm')))

const learningRate = 0.1
const settling = 12_000 // steps on the mirror
const steps = 8_000 // after the push
// A step of −2ηδs must be more than float32 rounds off a weight near 1, 6e-8: from s = 1e-4 on it stands still.
const push = 1e-2
const returned = 1e-3
/** What the steps can resolve: s falls as e^{−2ηδT} at least. Source: theory.md section 9, measured threshold. */
const resolution = Math.log(push / returned) / (2 * learningRate * steps)

type Case = {
  readonly width: number
  readonly activation: string
  readonly start: Parameters // on the mirror, to the bit
  readonly reflection: FoundMirrors['reflection']
  readonly units: string
  readonly range: readonly [number, number] // of γ
}

const networkOf = ({ study, form, constants, size }: Lane): Network => ({
  model: modelOf(study),
  loss: lossOf(study),
  size,
  form,
  constants,
})

function mirrorOf(network: Network, { reflection, units }: Case): Mirror {
  const found = findMirrors({ network, key: split(key, 'search') }).find((one) => one.reflection === reflection)
  const mirror = found?.mirrors.find(({ name }) => name.endsWith(`:${units}`))
  if (mirror === undefined) throw new Error(`expected the mirror ${reflection} ${units}`)
  return mirror
}
const distance = (theta: Parameters, mirror: Mirror) => norm(transposeTimes(mirror.o, restrict(theta, mirror)))

/** Each lane's parameters after some steps. */
function trained(lanes: readonly Lane[], count: number): readonly Parameters[] {
  const state = train(lanes, count)
  expect([...partOf(state, 'survived')]).toEqual(lanes.map(() => count))
  return lanes.map(({ form }, r) =>
    Object.fromEntries(
      form.trained.map(({ name }) => {
        const all = partOf(state, `parameter/${name}`)
        const size = all.length / lanes.length
        return [name, Float64Array.from(all.subarray(r * size, (r + 1) * size))]
      }),
    ),
  )
}

/** For each γ: the local threshold where training on the mirror settles, and how far a push is off after training goes on. */
function swept(given: Case, decays: readonly number[]) {
  const lanes = lanesOf(
    decays.map((weightDecay) => ({
      model: { kind: 'perceptron', widths: [given.width], activation: given.activation, biases: false },
      data: { kind: 'inline', ...workedExample },
      optimiser: { kind: 'sgd', learningRate },
      regularisation: { weightDecay },
    })),
  ).map((lane) => ({ ...lane, start: given.start }))
  const [first] = lanes
  if (first === undefined) throw new Error('expected a lane')
  const network = networkOf(first)
  const mirror = mirrorOf(network, given)
  const settled = trained(lanes, settling).map((theta) => {
    expect(distance(theta, mirror)).toBeLessThan(1e-5) // it has not left by rounding
    return symmetrise(theta, mirror)
  })
  const thresholds = settled.map((theta) => localThreshold(network, mirror, { theta, rows: first.data.train, key }).threshold)
  const direction = drawNormal(split(key, 'push'), mirror.o.columns)
  const off = matrixTimes(mirror.o, direction.map((value) => (push * value) / norm(direction))) // prettier-ignore
  const pushed = settled.map((theta) => replace(theta, mirror, restrict(theta, mirror).map((value, i) => value + (off[i] ?? Number.NaN)))) // prettier-ignore
  const ends = trained(lanes.map((lane, r) => ({ ...lane, start: pushed[r] ?? {} })), steps) // prettier-ignore
  return decays.map((decay, r) => ({ decay, excess: (thresholds[r] ?? Number.NaN) - decay, distance: distance(ends[r] ?? {}, mirror) }))
}

/** γ where the excess changes its sign, and where the distance falls below what counts as returned, by sweeps that close in. */
function measured(given: Case) {
  let [low, high] = given.range
  let predicted = Number.NaN
  let first = Number.NaN
  for (let sweep = 0; sweep < 3; sweep += 1) {
    const points = 13
    const all = swept(
      given,
      Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1)),
    )
    const crossing = all.findIndex(({ excess }, i) => i > 0 && excess < 0 && (all[i - 1]?.excess ?? 0) >= 0)
    const [before, after] = [all[crossing - 1], all[crossing]]
    if (before === undefined || after === undefined) throw new Error('expected a threshold in the range')
    predicted = before.decay + ((after.decay - before.decay) * before.excess) / (before.excess - after.excess)
    const index = all.findIndex(({ distance: d }) => d < returned)
    first = all[index]?.decay ?? Number.NaN
    const cell = (high - low) / (points - 1)
    ;[low, high] = [Math.min(predicted, first) - cell, Math.max(predicted, first) + cell]
  }
  return { predicted, first }
}

const merging = neuronsOf([[0.6, -0.3], [0.6, -0.3]], [0.5, 0.5]) // prettier-ignore
const three = neuronsOf([[0.6, -0.3], [0.6, -0.3], [-0.5, 0.8]], [0.5, 0.5, -0.7]) // prettier-ignore
const dead = neuronsOf([[0, 0], [0, 0]], [0, 0]) // prettier-ignore
/** What the handbook says of γ*, null where it is silent. Origin: theory.md 2.5 E and A. */
const cases: readonly (readonly [string, Case, number | null])[] = [
  [
    'two neurons of tanh merge',
    { width: 2, activation: 'tanh', start: merging, reflection: 'swap', units: '0↔1', range: [0.05, 0.12] },
    0.0853964,
  ],
  ['a neuron of tanh dies', { width: 2, activation: 'tanh', start: dead, reflection: 'flip', units: '0', range: [1.4, 1.7] }, 1.5500896],
  [
    'two of three neurons of gelu merge',
    { width: 3, activation: 'gelu', start: three, reflection: 'swap', units: '0↔1', range: [0.015, 0.05] },
    null,
  ],
]

describe('γ* measured is γ_loc(γ) = γ solved', () => {
  test.each(cases)('%s', (_, given, known) => {
    const { predicted, first } = measured(given)
    if (known !== null) expect(Math.abs(predicted - known)).toBeLessThan(2e-6) // weights of float32, and a chord of the last sweep's cells of 4e-4
    expect(Math.abs(first - predicted)).toBeLessThan(resolution)
  })
})
