/** 8.12, 8.17, 8.18 and the ridge: linear models, constrained, doubled and biased, trained by the ordinary program in float32 on wasm. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { dcsMinimum, tieMinimum } from '#core/symmetry/oracles/dcsTie.ts'
import { groupGateMinimum } from '#core/symmetry/oracles/groupGate.ts'
import { differenceFactor, permutationPairMinimum } from '#core/symmetry/oracles/permutationPair.ts'
import { collapsedPair, syreRidge } from '#core/symmetry/oracles/syre.ts'
import { lanesOf, partOf, train, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { subjectsOf } from './subjects.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

const run = (fields: readonly Fields[], steps: number) => {
  const lanes = lanesOf(fields)
  const state = train(lanes, steps)
  return { ...subjectsOf(lanes, state), part: (name: string) => [...partOf(state, `parameter/${name}`)] }
}
const sgd = (learningRate: number) => ({ kind: 'sgd', learningRate })
const decay = (weightDecay: number) => ({ weightDecay })
const linear = { model: { kind: 'linear' } }
const scalar = (target: number) => ({ kind: 'scalar', target })

// Rounding: training in float32 ends within 1e-5 of the float64 optimum, theory.md section 8 [R]
const trained = { absolute: 1e-4 }

describe('8.12: DCS makes conditions true', () => {
  /** The identity as inputs, ½‖θ − y‖², κ on what is constrained alone. */
  const of = (y: readonly number[], dcs: Fields, kappas: readonly number[], scale = 0.5) =>
    run(
      kappas.map((kappa) => ({
        ...linear,
        reparametrise: [{ kind: 'dcs', ...dcs }],
        data: { kind: 'inline', x: y.map((_, i) => y.map((_value, j) => (i === j ? 1 : 0))), y: y.map((value) => [value]) },
        loss: { kind: 'sse', scale },
        optimiser: sgd(0.05),
        regularisation: { groups: [{ parameters: 'dcs:v/u,dcs:v/w,dcs:v/gate', weightDecay: scale * kappa }] },
      })),
      20_000,
    )

  test('a tie, from κ = |y₁ − y₂|/√2 on to the bit of rounding', () => {
    const kappas = [0.2, 0.6]
    const { measured, predicted } = of([1, 0.4], { constraint: { kind: 'tie' } }, kappas)
    const expected = [0.8585786, 0.5414214, 0.7, 0.7]
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected, { absolute: 5e-8 }) // seven printed digits
    expect(predicted).toBeAllclose(kappas.flatMap((kappa) => tieMinimum([1, 0.4], kappa).theta))
    expect(Math.abs((measured[2] ?? Number.NaN) - (measured[3] ?? Number.NaN))).toBeLessThan(1e-6)
  })
  test('fused differences, one by one', () => {
    const y = [1, 0.4, -0.3]
    const o: Matrix = {
      rows: 3,
      columns: 2,
      values: Float64Array.of(Math.SQRT1_2, 1 / Math.sqrt(6), -Math.SQRT1_2, 1 / Math.sqrt(6), 0, -2 / Math.sqrt(6)),
    }
    const columns = [0, 1].map((k) => [0, 1, 2].map((i) => o.values[2 * i + k] ?? Number.NaN))
    const kappas = [0.2, 0.6, 1] // |Oᵀy| = .424, .816
    const { measured, predicted } = of(y, { constraint: { kind: 'orthonormal', columns } }, kappas)
    const expected = kappas.flatMap((strength) => [...dcsMinimum(Float64Array.from(y), { o, strength })])
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected)
  })
  test('8.4: behind one gate, all together', () => {
    const y = [0.6, -0.8, 0.3]
    const kappas = [0.3, 1.2]
    const { measured, predicted } = of(y, { constraint: { kind: 'zero' }, gate: 'group' }, kappas, 1)
    const expected = kappas.flatMap((kappa) => [...groupGateMinimum(Float64Array.from(y), kappa)])
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected)
  })
})

describe('the plain linear model under weight decay is the ridge', () => {
  test('v = y/(1 + γ) for one feature, never zero', () => {
    const gammas = [0.1, 0.5, 2]
    const { measured, predicted } = run(
      gammas.map((gamma) => ({ ...linear, data: scalar(1), optimiser: sgd(0.1), regularisation: decay(gamma) })),
      500,
    )
    const expected = gammas.map((gamma) => 1 / (1 + gamma))
    expect(measured).toBeAllclose(expected, { absolute: 1e-6 }) // a contraction by .78 at least: only rounding is left
    expect(predicted).toBeAllclose(expected)
  })
})

describe('8.17: two equal columns', () => {
  const gammas = [0.1, 0.5]
  const start = { v: [0.9, -0.2] }
  const of = (weightDecay: number, steps: number) =>
    run(
      [
        {
          ...linear,
          data: { kind: 'inline', x: [[1, 1]], y: [[1]] },
          initialValues: start,
          optimiser: sgd(0.1),
          regularisation: decay(weightDecay),
        },
      ],
      steps,
    )
  test('share y/(2 + γ), whatever the start', () => {
    for (const gamma of gammas) {
      const expected = permutationPairMinimum(1, { weightDecay: gamma })
      const { measured, predicted } = of(gamma, 2_000)
      expect(measured).toBeAllclose(expected, { absolute: 1e-5 })
      expect(predicted).toBeAllclose(expected)
    }
    expect(permutationPairMinimum(1, { weightDecay: 0.1 })[0]).toBeAllclose(0.47619048, { absolute: 5e-9 })
  })
  test('differ by 1 − 2ηγ times as much after every step, exactly', () => {
    for (const gamma of gammas) {
      const [a = Number.NaN, b = Number.NaN] = of(gamma, 10).measured
      const factor = differenceFactor({ learningRate: 0.1, weightDecay: gamma })
      expect(a - b).toBeAllclose(1.1 * factor ** 10, { absolute: 2e-6 }) // ten steps of a few float32 roundings each
    }
  })
  test('without decay keep their difference, and nothing is predicted', () => {
    const { measured, predicted } = of(0, 2_000)
    expect(measured).toBeAllclose(permutationPairMinimum(1, { weightDecay: 0, difference: 1.1 }), { absolute: 1e-5 })
    expect(predicted).toEqual([Number.NaN, Number.NaN])
  })
})

describe('8.18: a fixed random bias', () => {
  test('centres the ridge at itself', () => {
    const a: Matrix = { rows: 2, columns: 2, values: Float64Array.of(1, 0, 0, 2) }
    const theta0 = [0.1, -0.1]
    const { measured, predicted } = run(
      [
        {
          ...linear,
          reparametrise: [{ kind: 'syre', std: 0.1, bias: theta0 }],
          data: { kind: 'inline', x: [[1, 0], [0, 2]], y: [[1], [1]] }, // prettier-ignore
          loss: { kind: 'sse' },
          optimiser: sgd(0.05),
          regularisation: decay(0.5),
        },
      ],
      2_000,
    )
    expect(measured).toBeAllclose([0.7, 0.43333333], { absolute: 1e-5 })
    expect(predicted).toBeAllclose(syreRidge({ a, y: Float64Array.of(1, 1) }, { weightDecay: 0.5, theta0: Float64Array.from(theta0) }).phi)
  })
  test('drawn for each run, in a diagonal metric too, ends where the theory of that run says', () => {
    const data = { kind: 'inline', x: [[1, 0.5], [0.2, 2], [1, -1]], y: [[1], [1], [0.3]] } // prettier-ignore
    for (const diagonal of [false, true]) {
      const one = {
        ...linear,
        reparametrise: [{ kind: 'syre', std: 0.5, diagonal }],
        data,
        optimiser: sgd(0.1),
        regularisation: decay(0.5),
      }
      const { measured, predicted } = run([one, one, one], 2_000)
      expect(measured).toBeAllclose(predicted, { absolute: 1e-5 })
      expect(new Set(predicted).size).toBe(6)
    }
  })
  const pair = (reparametrise: readonly Fields[], initialValues: Fields, weightDecay: number) => ({
    reparametrise,
    data: scalar(0.2),
    initialValues,
    optimiser: sgd(0.05),
    regularisation: decay(weightDecay),
  })
  const theta0 = [0.02, -0.01] as const
  const biased = [{ kind: 'syre', std: 0.1, bias: theta0 }]
  test('holds a pair off zero that would collapse', () => {
    const { part } = run([pair(biased, { 'u/free': 0.9, 'w/free': 0.4 }, 0.5)], 20_000)
    const [[u = Number.NaN], [w = Number.NaN]] = [part('u/free'), part('w/free')]
    const expected = collapsedPair({ y: 0.2, weightDecay: 0.5 }, theta0)
    expect(expected).toBeAllclose([0.01904762, -0.00238095], { absolute: 5e-9 })
    expect([u + theta0[0], w + theta0[1]]).toBeAllclose(expected, { absolute: 3e-6 }) // the expansion's error is cubic, 2e-6, and float32's
  })
  test('without decay is a translation: the same products as the plain model', () => {
    const steps = 100
    const plain = run([pair([], { u: 0.9, w: 0.4 }, 0)], steps)
    const moved = run([pair(biased, { 'u/free': 0.9 - theta0[0], 'w/free': 0.4 - theta0[1] }, 0)], steps)
    expect(moved.measured).toBeAllclose(plain.measured, { absolute: 2e-6 }) // rounding of the sum φ + θ₀, a few units of float32
    expect(plain.measured[0]).toBeAllclose(0.2, { absolute: 1e-4 })
  })
})
