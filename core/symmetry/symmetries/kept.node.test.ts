/** Which optimisers keep which mirrors, through the ordinary training program in float32 on wasm: theory.md 1.7. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { transposeTimes } from '#core/numerics/linalg/matrix.ts'
import { numericRank } from '#core/numerics/linalg/rank.ts'
import { matrixProduct } from '#core/numerics/linalg/matrix.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { lanesOf, partOf, train, type Fields } from '#core/testing/oneCell.ts'
import type { Lane } from '#core/trainer/lanes.ts'
import { restrict, symmetrise, type Mirror } from '../mirror.ts'
import { familiesOf } from './registry.ts'
import { keepsMirrors, type Steps, type SymmetryFamily } from './symmetry.ts'

beforeAll(async () => void (await startEngine('wasm')))

const key = rootKey({ base: 17, cell: '0'.repeat(64), replicate: 1 })
const normal = (purpose: string, count: number) => drawNormal(split(key, purpose), count)
const rowsOf = (purpose: string, rows: number, columns: number) => Array.from({ length: rows }, (_, i) => [...normal(purpose, rows * columns).subarray(i * columns, (i + 1) * columns)]) // prettier-ignore

const data = { kind: 'inline', x: rowsOf('x', 6, 3), y: rowsOf('y', 6, 2) }
const square = { kind: 'inline', x: rowsOf('x', 6, 3) } // to be reconstructed
const optimisers: readonly (readonly [
  string,
  { kind: Steps['optimiser']['kind']; clip?: { norm: number } | { value: number } } & Fields,
])[] = [
  ['SGD', { kind: 'sgd', learningRate: 0.01 }],
  ['momentum', { kind: 'sgd', learningRate: 0.001, momentum: 0.9 }], // the same η/(1 − μ): a larger one would multiply rounding off an unstable mirror,
  ['Nesterov', { kind: 'sgd', learningRate: 0.001, momentum: 0.9, nesterov: true }],
  ['minibatches', { kind: 'sgd', learningRate: 0.01, batch: 2 }],
  ['clipping by norm', { kind: 'sgd', learningRate: 0.1, clip: { norm: 0.1 } }],
  ['clipping by value', { kind: 'sgd', learningRate: 0.1, clip: { value: 0.1 } }],
  ['Adam', { kind: 'adam', learningRate: 0.01 }],
  ['AdamW', { kind: 'adamw', learningRate: 0.01 }],
  ['RMSprop', { kind: 'rmsprop', learningRate: 0.01 }],
]
const models: readonly (readonly [string, Fields])[] = [
  ['u⊙w', { model: { kind: 'product-linear' }, data }],
  ['UV', { model: { kind: 'matrix-factorisation', width: 3 }, data }],
  ['UUᵀ', { model: { kind: 'matrix-factorisation', width: 3, form: 'positive-semidefinite' }, data: square }],
  ['tanh', { model: { kind: 'perceptron', widths: [4] }, data }],
  ['relu', { model: { kind: 'perceptron', widths: [4], activation: 'relu' }, data }],
  ['identity', { model: { kind: 'perceptron', widths: [3], activation: 'identity' }, data }],
]

/** A mirror of the family: of a continuous one with a normal that is along no axis. */
function mirrorOf(family: SymmetryFamily, like: Parameters, count: number): Mirror {
  const n = normal('n', count)
  const mirror =
    family.mirrorAt?.(
      n.map((value) => value / norm(n)),
      like,
    ) ?? family.mirrors(like)[0]
  if (mirror === undefined) throw new Error(`expected a mirror of ${family.name}`)
  return mirror
}
const residualOf = (parameters: Parameters, mirror: Mirror, blocks: readonly string[]) =>
  norm(transposeTimes(mirror.o, restrict(parameters, mirror))) /
  norm(Float64Array.from(blocks.flatMap((name) => [...(parameters[name] ?? [])])))

/** The residual after some steps of a run that starts on the mirror up to float32. */
function residualAfter(lane: Lane, { family, mirror, steps }: { family: SymmetryFamily; mirror: Mirror; steps: number }): number {
  const on = symmetrise(lane.start, mirror)
  const state = train([{ ...lane, start: on }], steps)
  expect([...partOf(state, 'survived')]).toEqual([steps])
  const ended = Object.fromEntries(Object.keys(on).map((name) => [name, Float64Array.from(partOf(state, `parameter/${name}`))]))
  expect(Object.entries(ended).some(([name, values]) => values.some((value, i) => Math.abs(value - (on[name]?.[i] ?? 0)) > 1e-2))).toBe(
    true,
  ) // it learned
  return residualOf(ended, mirror, family.blocks)
}

describe.each(models)('200 steps of %s', (_, fields) => {
  test.each(optimisers)('%s keeps the mirrors that it is said to keep, and leaves the others', (__, optimiser) => {
    const [lane] = lanesOf([{ ...fields, optimiser, regularisation: { weightDecay: 0.01 } }])
    if (lane === undefined) throw new Error('expected a lane')
    for (const family of familiesOf(lane.study.model).filter(({ hasMirrors }) => hasMirrors)) {
      const r = residualAfter(lane, { family, mirror: mirrorOf(family, lane.start, 3), steps: 200 })
      // Kept: 200 steps of float32 rounding, which an unstable mirror multiplies by at most some hundred; left: far beyond it.
      if (keepsMirrors(family, { optimiser })) expect(r, family.name).toBeLessThan(1e-4)
      else expect(r, family.name).toBeGreaterThan(1e-3)
    }
  })
  test.each([
    ['isotropic', false],
    ['multiplicative', true],
  ] as const)('%s noise on the gradient leaves mirrors, or keeps zeros: %s', (kind, keepsZeros) => {
    const [lane] = lanesOf([{ ...fields, optimiser: { kind: 'sgd', learningRate: 0.01 }, noise: { gradient: { kind, std: 0.5 } } }])
    if (lane === undefined) throw new Error('expected a lane')
    for (const family of familiesOf(lane.study.model).filter(({ hasMirrors }) => hasMirrors)) {
      const r = residualAfter(lane, { family, mirror: mirrorOf(family, lane.start, 3), steps: 200 })
      const keeps = keepsMirrors(family, { optimiser: { kind: 'sgd' }, gradientNoise: { kind, std: 0.5 } })
      expect(keeps).toBe(keepsZeros && family.onMirror === 'zero')
      if (keeps) expect(r, family.name).toBeLessThan(1e-6)
      else expect(r, family.name).toBeGreaterThan(1e-3)
    }
  })
})

// Origin: theory.md 1.7, extra4.py and adam_rotation.py: UV ≈ Y, 4 × 4, on the mirror of n ∝ (.6, .5, −.3, .54), η = .01, 500 steps, 5 seeds
describe('UV ≈ Y, 4 × 4, started at rank 3', () => {
  const n = Float64Array.of(0.6, 0.5, -0.3, 0.54)
  const eye = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0)))
  test.each([
    ['sgd', [1, 2, 3, 4, 5]],
    ['adam', [1, 2, 3, 4, 5]],
  ] as const)('%s, seeds %j', (kind, seeds) => {
    for (const seed of seeds) {
      const draw = (purpose: string) => drawNormal(split(rootKey({ base: seed, cell: '0'.repeat(64), replicate: 1 }), purpose), 16)
      const y = draw('Y')
      const target = [0, 1, 2, 3].map((i) => [...y.subarray(4 * i, 4 * i + 4)])
      const [made] = lanesOf([{ model: { kind: 'matrix-factorisation', width: 4 }, data: { kind: 'inline', x: eye, y: target }, loss: { kind: 'sse' }, optimiser: { kind, learningRate: 0.01 } }]) // prettier-ignore
      if (made === undefined) throw new Error('expected a lane')
      const lane = { ...made, start: { u: draw('U'), v: draw('V') } }
      const [family] = familiesOf(lane.study.model) as [SymmetryFamily] // its only one
      const mirror = family.mirrorAt?.(
        n.map((value) => value / norm(n)),
        lane.start,
      )
      if (mirror === undefined) throw new Error('expected a mirror')
      const state = train([{ ...lane, start: symmetrise(lane.start, mirror) }], 500)
      const [u, v] = ['u', 'v'].map((name) => Float64Array.from(partOf(state, `parameter/${name}`))) as [Float64Array, Float64Array] // two names
      const r = residualOf({ u, v }, mirror, ['u', 'v'])
      const rank = numericRank(singularValues(matrixProduct({ rows: 4, columns: 4, values: u }, { rows: 4, columns: 4, values: v })))
      if (kind === 'sgd') expect([r < 1e-4, rank]).toEqual([true, 3])
      else expect([r > 0.1, rank]).toEqual([true, 4])
    }
  })
})
