/** 8.4, 8.5, 8.6, 8.7 and 8.19: factorised matrices, trained by the ordinary program in float32 on wasm. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import { identity, matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { groupGateMinimum } from '#core/symmetry/oracles/groupGate.ts'
import { factorisationMinimum, zeroWeightDecay } from '#core/symmetry/oracles/matrixFactorisation.ts'
import { criticalRemainder, mirrorQuarticMinimum } from '#core/symmetry/oracles/mirrorQuartic.ts'
import { residualMinimum } from '#core/symmetry/oracles/residual.ts'
import { imbalance, imbalanceAfterStep } from '#core/symmetry/oracles/stepIdentities.ts'
import { lanesOf, partOf, train, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { subjectsOf } from './subjects.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

const run = (fields: readonly Fields[], steps: number) => {
  const lanes = lanesOf(fields)
  const state = train(lanes, steps)
  /** One parameter of one run. */
  const part = (name: string, row: number, [rows, columns]: readonly [number, number]): Matrix => {
    const all = partOf(state, `parameter/${name}`)
    return { rows, columns, values: Float64Array.from(all.slice(row * rows * columns, (row + 1) * rows * columns)) }
  }
  return { ...subjectsOf(lanes, state), part }
}
const sgd = (learningRate: number) => ({ kind: 'sgd', learningRate })
const decay = (weightDecay: number) => ({ weightDecay })
const sse = { kind: 'sse' }
const rowsOf = ({ rows, columns, values }: Matrix) =>
  Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)])
/** A matrix as targets of the rows of the identity. */
const target = (y: Matrix) => ({ kind: 'inline', x: rowsOf(identity(y.rows)), y: rowsOf(y) })

// Rounding: training in float32 ends within 1e-5 of the float64 optimum, theory.md section 8 [R]
const trained = { absolute: 1e-4 }

describe('8.4: a vector behind one gate', () => {
  test('is y·max(1 − γ/‖y‖, 0), gate and vector of equal size', () => {
    const y: Matrix = { rows: 3, columns: 1, values: Float64Array.of(0.6, -0.8, 0.3) }
    const gammas = [0.3, 1.2]
    const { measured, predicted, part } = run(
      gammas.map((gamma) => ({
        model: { kind: 'matrix-factorisation', width: 1 },
        data: target(y),
        loss: sse,
        optimiser: sgd(0.02),
        regularisation: decay(gamma),
      })),
      20_000,
    )
    const products = gammas.map((_, r) => matrixProduct(part('u', r, [3, 1]), part('v', r, [1, 1])))
    expect(products[0]?.values).toBeAllclose([0.4275913, -0.5701217, 0.2137956], trained)
    expect(products[0]?.values).toBeAllclose(groupGateMinimum(y.values, 0.3), trained)
    expect(products[1]?.values).toBeAllclose([0, 0, 0], trained)
    expect(Math.hypot(...part('u', 0, [3, 1]).values)).toBeAllclose(Math.abs(part('v', 0, [1, 1]).values[0] ?? Number.NaN), trained)
    expect(measured).toBeAllclose(predicted, trained)
    expect(predicted).toHaveLength(2)
  })
})

describe('8.5: a factorised matrix', () => {
  const y: Matrix = { rows: 2, columns: 2, values: Float64Array.of(1, 2, 3, 4) }
  // Origin: theory.md 8.5 (fixtures.py)
  const cases = [
    { gamma: 0.2, product: [1.1028992, 1.8285014, 2.8285014, 3.8971008], objective: 2.25238076 },
    { gamma: 0.5, product: [1.1570525, 1.6418632, 2.615577, 3.7115166], objective: 5.34891696 },
  ]
  const fields = (changes: Fields, weightDecay: number) => ({
    model: { kind: 'matrix-factorisation', width: 2 },
    data: target(y),
    loss: sse,
    optimiser: sgd(0.01),
    regularisation: decay(weightDecay),
    ...changes,
  })

  test('has the handbook’s product and cost, with UᵀU = VVᵀ', () => {
    const { measured, predicted, part } = run(
      cases.map(({ gamma }) => fields({}, gamma)),
      20_000,
    )
    expect(measured).toBeAllclose(predicted, trained)
    for (const [r, { gamma, product, objective }] of cases.entries()) {
      const [u, v] = [part('u', r, [2, 2]), part('v', r, [2, 2])]
      const { values } = matrixProduct(u, v)
      expect(values).toBeAllclose(product, trained)
      expect(values).toBeAllclose(factorisationMinimum(y, { weightDecay: gamma }).product.values, trained)
      expect(matrixProduct(transposed(u), u).values).toBeAllclose(matrixProduct(v, transposed(v)).values, trained)
      const squares = (all: Float64Array) => all.reduce((sum, value) => sum + value ** 2, 0)
      const cost = squares(values.map((value, i) => value - (y.values[i] ?? Number.NaN))) + gamma * (squares(u.values) + squares(v.values))
      expect(cost).toBeAllclose(objective, { absolute: 1e-6 }) // stationary: the error of the product enters squared, the printed digits at 5e-9
    }
  })
  test.each([
    ['half the sum, threshold 2γ', 0.25, { kind: 'sse', scale: 0.5 }, 0.02],
    ['the mean over the entries, threshold γmn', 0.125, { kind: 'mse', scale: 0.5 }, 0.04],
  ])('under %s', (_, gamma, loss, learningRate) => {
    const { part } = run([fields({ loss, optimiser: sgd(learningRate) }, gamma)], 20_000)
    expect(matrixProduct(part('u', 0, [2, 2]), part('v', 0, [2, 2])).values).toBeAllclose(cases[1]?.product ?? [], trained)
  })
  test('with decays of their own acts as √(γ_uγ_v)', () => {
    const groups = [
      { parameters: 'u', weightDecay: 0.25 },
      { parameters: 'v', weightDecay: 1 },
    ]
    const { part, measured, predicted } = run([fields({ regularisation: { groups } }, 0)], 20_000)
    expect(matrixProduct(part('u', 0, [2, 2]), part('v', 0, [2, 2])).values).toBeAllclose(cases[1]?.product ?? [], trained)
    expect(measured).toBeAllclose(predicted, trained)
  })
  test('of width 1 keeps the largest singular value', () => {
    const { measured, predicted } = run([fields({ model: { kind: 'matrix-factorisation', width: 1 } }, 0.2)], 20_000)
    expect(measured).toBeAllclose([5.4649857042 - 0.2, 0], trained)
    expect(predicted).toBeAllclose([5.4649857042 - 0.2, 0], { absolute: 5e-11 })
  })
  test('as UUᵀ has the eigenvalues max(a − γ/2, 0)', () => {
    const a: Matrix = { rows: 3, columns: 3, values: Float64Array.of(1, 0, 0, 0, 0.3, 0, 0, 0, 0.05) }
    const model = { kind: 'matrix-factorisation', width: 3, form: 'positive-semidefinite' }
    const { measured, predicted, part } = run([fields({ model, data: target(a) }, 0.2)], 20_000)
    const u = part('u', 0, [3, 3])
    expect(matrixProduct(u, transposed(u)).values).toBeAllclose([0.9, 0, 0, 0, 0.2, 0, 0, 0, 0], trained)
    expect(measured).toBeAllclose([0.9, 0.2, 0], trained)
    expect(predicted).toBeAllclose([0.9, 0.2, 0])
  })
  test('on any inputs is zero from γ = ‖E[yxᵀ]‖ on, and not before', () => {
    const draws = drawNormal(rootKey({ base: 5, cell: '0'.repeat(64), replicate: 1 }), 10 * 6)
    const x: Matrix = { rows: 10, columns: 3, values: draws.slice(0, 30) }
    const out: Matrix = { rows: 10, columns: 3, values: draws.slice(30) }
    const moment = matrixProduct(transposed(x), out)
    const threshold = zeroWeightDecay({ ...moment, values: moment.values.map((value) => (2 * value) / 10) }) // ∇L(0) = −2E[xyᵀ]
    const model = { kind: 'matrix-factorisation', width: 3, init: { std: 0.1 } }
    const { measured } = run(
      [0.9, 1.1].map((share) =>
        fields({ model, data: { kind: 'inline', x: rowsOf(x), y: rowsOf(out) }, loss: { kind: 'mse' } }, share * threshold),
      ),
      20_000,
    )
    expect(Math.abs(measured[0] ?? Number.NaN)).toBeGreaterThan(0.01)
    expect(measured.slice(3)).toBeAllclose([0, 0, 0], { absolute: 1e-6 })
  })
})

describe('a tied autoencoder', () => {
  test('keeps √(1 − γ/2cλ) of each principal direction that resists', () => {
    const draws = drawNormal(rootKey({ base: 6, cell: '0'.repeat(64), replicate: 1 }), 48)
    const x = rowsOf({ rows: 12, columns: 4, values: draws.map((value, i) => value / (1 + (i % 4))) })
    const { measured, predicted } = run(
      [0.02, 0.3].map((gamma) => ({
        model: { kind: 'tied-autoencoder', width: 3 },
        data: { kind: 'inline', x },
        optimiser: sgd(0.05),
        regularisation: decay(gamma),
      })),
      20_000,
    )
    expect(measured).toBeAllclose(predicted, trained)
    expect(predicted.slice(0, 3).every((value) => value > 0)).toBe(true)
    expect(predicted.slice(3)).toContain(0)
  })
})

describe('8.6: one step of a factorised matrix', () => {
  test('changes the imbalance UᵀU − VVᵀ as the identity says', () => {
    const [m, r, n] = [4, 3, 5]
    const draws = drawNormal(rootKey({ base: 4, cell: '0'.repeat(64), replicate: 1 }), m * r + r * n + m * n)
    const u: Matrix = { rows: m, columns: r, values: draws.slice(0, m * r) }
    const v: Matrix = { rows: r, columns: n, values: draws.slice(m * r, m * r + r * n) }
    const y: Matrix = { rows: m, columns: n, values: draws.slice(m * r + r * n) }
    const step = { learningRate: 0.03, weightDecay: 0.2 }
    const { part } = run(
      [
        {
          model: { kind: 'matrix-factorisation', width: r },
          data: target(y),
          initialValues: { u: [...u.values], v: [...v.values] },
          loss: sse,
          optimiser: sgd(step.learningRate),
          regularisation: decay(step.weightDecay),
        },
      ],
      1,
    )
    const product = matrixProduct(u, v)
    const gradient = { ...product, values: product.values.map((value, i) => 2 * (value - (y.values[i] ?? Number.NaN))) }
    const expected = imbalanceAfterStep({ a: u, b: transposed(v), gradient }, step).values
    const measured = imbalance({ a: part('u', 0, [m, r]), b: transposed(part('v', 0, [r, n])) }).values
    const largest = Math.max(...expected.map(Math.abs))
    expect(measured).toBeAllclose(expected, { absolute: 1e-6 * largest }) // float32 epsilon times ten operations
  })
})

describe('8.7: the mirror quartic', () => {
  // t as a factorisation UUᵀ of one number under ¼(t² − a)², a = 1
  const gammas = [0.1, 0.3, 0.7]
  const t = (gamma: number) => ({
    model: { kind: 'matrix-factorisation', width: 1, form: 'positive-semidefinite' },
    data: { kind: 'scalar', target: 1 },
    initialValues: { u: 0.9 },
    loss: { kind: 'sse', scale: 0.25 },
    optimiser: sgd(0.02),
    regularisation: decay(gamma),
  })
  test('has t² = max(a − 2γ, 0), and at γ = a/2 what 1/(2ηt) leaves', () => {
    const { measured, predicted } = run([...gammas, 0.5].map(t), 40_000)
    expect(measured.slice(0, 3)).toBeAllclose([0.8, 0.4, 0], trained)
    expect(predicted).toBeAllclose([0.8, 0.4, 0, 0])
    expect(measured[3]).toBeAllclose(criticalRemainder(0.02, 40_000), { relative: 2e-3 }) // the start counts for 1/(2ηt·t₀²) = 8e-4
  })
  test('has s = 1/(1 + γ)', () => {
    const { measured, predicted } = run(
      gammas.map((gamma) => ({
        model: { kind: 'linear' },
        data: { kind: 'scalar', target: 1 },
        optimiser: sgd(0.02),
        regularisation: decay(gamma),
      })),
      1_000, // a contraction by .956 a step at least
    )
    const expected = gammas.map((gamma) => mirrorQuarticMinimum(1, gamma).s)
    expect(expected).toBeAllclose([0.90909, 0.76923, 0.58824], { absolute: 5e-6 })
    expect(measured).toBeAllclose(expected, { absolute: 1e-6 }) // rounding alone is left
    expect(predicted).toBeAllclose(expected)
  })
})

describe('8.19: factors beside the identity', () => {
  test('keep every product from zero, on the cheaper branch', () => {
    // Origin: theory.md 8.19
    const cases = [
      [1, 2, 1.754878],
      [1, 0.3, 0.595674],
      [1, 0, 0.465571],
      [5, 0, 0.754866],
      [0.2, 2, 1.943464],
      [0.2, 0.3, 0.411701],
      [0.2, 0, 0.2],
      [0.1, 0.1, 0.2],
      [0.05, 0, 0.05],
    ] as const
    const { measured, predicted } = run(
      cases.map(([gamma, s]) => ({
        model: { kind: 'matrix-factorisation', width: 1 },
        reparametrise: [{ kind: 'residual' }],
        data: { kind: 'scalar', target: s },
        initialValues: { 'u/residual': -0.3, 'v/residual': 0.1 },
        loss: sse,
        optimiser: sgd(0.02),
        regularisation: decay(gamma),
      })),
      20_000,
    )
    const expected = cases.map(([, , product]) => product)
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected, { absolute: 5e-7 }) // six printed digits
    expect(predicted).toBeAllclose(cases.map(([weightDecay, s]) => residualMinimum({ s, weightDecay }).product))
  })
  test('as matrices of width 4 keep full rank (E4)', () => {
    const gammas = [1, 5]
    const { measured, predicted } = run(
      gammas.map((gamma) => ({
        model: { kind: 'matrix-factorisation', width: 4, init: { std: 0.05 } },
        reparametrise: [{ kind: 'residual' }],
        data: { kind: 'low-rank-matrix', rows: 4, columns: 4, singularValues: [2, 1, 0.3, 0], axes: 'standard' },
        loss: sse,
        optimiser: sgd(0.01),
        regularisation: decay(gamma),
      })),
      20_000,
    )
    expect(measured).toBeAllclose(predicted, trained)
    expect(predicted).toHaveLength(8)
    expect(Math.min(...measured)).toBeGreaterThan(0.4)
  })
})
