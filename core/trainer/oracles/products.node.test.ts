/** 8.1, 8.2, 8.3, 8.6 and the traps 11.1 to 11.3: products of factors, trained by the ordinary program in float32 on wasm. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import { drawNormal, drawUniform } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { depthBranch } from '#core/symmetry/oracles/depthProduct.ts'
import { kktResidual } from '#core/symmetry/oracles/lasso.ts'
import { differenceOfSquaresMinimum, productMinimum, squareMinimum, unequalDecayMinimum } from '#core/symmetry/oracles/scalarProduct.ts'
import { productStep, productStepIdentities } from '#core/symmetry/oracles/stepIdentities.ts'
import { lanesOf, partOf, train, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { subjectsOf } from './subjects.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

const run = (fields: readonly Fields[], steps: number) => {
  const lanes = lanesOf(fields)
  const state = train(lanes, steps)
  return { lanes, ...subjectsOf(lanes, state), part: (name: string) => [...partOf(state, `parameter/${name}`)] }
}
const scalar = (target: number) => ({ kind: 'scalar', target })
const sgd = (learningRate: number) => ({ kind: 'sgd', learningRate })
const decay = (weightDecay: number) => ({ weightDecay })

// Rounding: training in float32 ends within 1e-5 of the float64 optimum, theory.md section 8 [R]
const trained = { absolute: 1e-4 }

describe('8.1: a product of two numbers under weight decay', () => {
  // Origin: theory.md 8.1, its step counts, starts and values
  const values = [
    { y: 1, gamma: 0.3, v: 0.7 },
    { y: -0.7, gamma: 0.2, v: -0.5 },
    { y: 0.25, gamma: 0.4, v: 0 },
    { y: 2, gamma: 1.9, v: 0.1 },
  ]
  const from = (y: number) => ({ u: 0.9, w: 0.4 * Math.sign(y) })

  test.each([
    ['(uw − y)² + γ(u² + w²)', 1, 1],
    ['½(uw − y)² + (γ/2)(u² + w²)', 0.5, 0.5],
  ])('%s ends at soft(y, γ)', (_, scale, share) => {
    const { measured, predicted, part } = run(
      values.map(({ y, gamma }) => ({
        data: scalar(y),
        initialValues: from(y),
        loss: { kind: 'mse', scale },
        optimiser: sgd(0.02),
        regularisation: decay(share * gamma),
      })),
      20_000,
    )
    const expected = values.map(({ v }) => v)
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected)
    expect(part('u').map(Math.abs)).toBeAllclose(part('w').map(Math.abs), trained) // at the optimum |u| = |w|
  })
  test('½(uw − y)² + γ(u² + w²) ends at soft(y, 2γ)', () => {
    const loss = { kind: 'mse', scale: 0.5 }
    const fields = { data: scalar(1), initialValues: from(1), loss, optimiser: sgd(0.02), regularisation: decay(0.3) }
    const { measured, predicted } = run([fields], 20_000)
    expect(measured).toBeAllclose([0.4], trained)
    expect(predicted).toBeAllclose([productMinimum(1, { weightDecay: 0.3, scale: 0.5 })])
  })
  test('decays of their own act as √(γ_uγ_w), and share the product by it', () => {
    const groups = [
      { parameters: 'u', weightDecay: 0.3 },
      { parameters: 'w', weightDecay: 1.2 },
    ]
    const fields = { data: scalar(1), initialValues: from(1), optimiser: sgd(0.02), regularisation: { groups } }
    const { measured, predicted, part } = run([fields], 20_000)
    const { v, uSquared, wSquared } = unequalDecayMinimum(1, { decayU: 0.3, decayW: 1.2 })
    expect([v, uSquared, wSquared]).toBeAllclose([0.4, 0.8, 0.2])
    expect(measured).toBeAllclose([v], trained)
    expect(predicted).toBeAllclose([v])
    expect([...part('u'), ...part('w')].map((value) => value ** 2)).toBeAllclose([uSquared, wSquared], trained)
  })
  test('(u² − w² − y)² and (u² − y)² end at y less γ/2', () => {
    // u² − w² as two products on x = (1, −1), each started on its mirror u = w, which is never left (11.1): then the
    // decay γ' of both factors is 2γ' of the square, so γ' = γ/2
    const gamma = 0.3
    const difference = run(
      [
        {
          data: { kind: 'inline', x: [[1, -1]], y: [[1]] },
          initialValues: { u: [0.9, 0.4], w: [0.9, 0.4] },
          optimiser: sgd(0.02),
          regularisation: decay(gamma / 2),
        },
      ],
      20_000,
    )
    const [first = Number.NaN, second = Number.NaN] = difference.measured
    expect(difference.part('u')).toEqual(difference.part('w')) // to the bit
    expect([first - second, second]).toBeAllclose([differenceOfSquaresMinimum(1, { weightDecay: gamma }), 0], trained)
    const square = run(
      [
        {
          model: { kind: 'matrix-factorisation', width: 1, form: 'positive-semidefinite' },
          data: scalar(1),
          initialValues: { u: 0.9 },
          optimiser: sgd(0.02),
          regularisation: decay(gamma),
        },
      ],
      20_000,
    )
    expect(square.measured).toBeAllclose([squareMinimum(1, { weightDecay: gamma })], trained)
    expect([...square.predicted, first - second]).toBeAllclose([0.85, 0.85], trained)
  })
})

describe('8.2: u ⊙ w under weight decay is the lasso', () => {
  const rows = {
    kind: 'inline',
    x: [[1, 0], [0, 1], [1, 1], [1, -1]], // prettier-ignore
    y: [[1], [2], [2], [0]],
  }
  const cases = [
    { gamma: 0.1, v: [0.86666667, 1.2] },
    { gamma: 0.5, v: [0.33333333, 0.66666667] },
    { gamma: 0.8, v: [0, 0.26666667] },
  ]
  const expected = cases.flatMap(({ v }) => v)
  const printed = { absolute: 5e-9 } // eight printed digits
  const fields = ({ learningRate = 0.05, scale = 1, loss = {}, starts = [] as readonly Fields[] } = {}) =>
    cases.map(({ gamma }, i) => ({
      data: rows,
      loss: { kind: 'mse', ...loss },
      optimiser: sgd(learningRate),
      regularisation: decay(scale * gamma),
      initialValues: starts[i] ?? {},
    }))

  test('for the fixture of the handbook, from a drawn start', () => {
    const { measured, predicted } = run(fields(), 20_000)
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected, printed)
  })
  test('from any start that is no mirror, signs turned or not', () => {
    const starts = [
      { u: [0.9, 0.3], w: [-0.4, 0.7] },
      { u: [-0.5, -0.5], w: [0.4, 0.6] },
      { u: [0.3, 0.8], w: [0.7, 0.2] },
    ]
    expect(run(fields({ starts }), 20_000).measured).toBeAllclose(expected, trained)
  })
  test.each([
    ['the sum, alpha = γ/n', 4, { kind: 'sse' }],
    ['half the sum, alpha = 2γ/n', 2, { kind: 'sse', scale: 0.5 }],
    ['half the mean, alpha = 2γ', 0.5, { kind: 'mse', scale: 0.5 }],
  ])('under %s', (_, scale, loss) => {
    const { measured, predicted } = run(fields({ scale, loss, learningRate: 0.05 / scale }), 20_000) // the same η · loss
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected, printed)
  })
  test('as a reparametrised linear model', () => {
    const linear = fields().map((one) => ({ ...one, model: { kind: 'linear' }, reparametrise: [{ kind: 'product' }] }))
    const { measured, predicted } = run(linear, 20_000)
    expect(measured).toBeAllclose(expected, trained)
    expect(predicted).toBeAllclose(expected, printed)
  })
  test('exactly at the threshold a coordinate falls as 1/(4ηct)', () => {
    // γ = max|XᵀY/n| = 1; c is the square of its column, XᵀX/n = .75
    const [zero, critical] = run(
      [{ data: rows, initialValues: { u: 0.9, w: 0.8 }, optimiser: sgd(0.05), regularisation: decay(1) }],
      20_000,
    ).measured
    expect(zero).toBeAllclose(0, { absolute: 1e-6 })
    expect(critical).toBeAllclose(1 / (4 * 0.05 * 0.75 * 20_000), { relative: 0.01 }) // the start, 1/v₀ beside 3,000, and the next order in η count for 1/1000 or so each
  })
  test('for 20 random problems: the optimality conditions hold to 1e-3', () => {
    const key = rootKey({ base: 3, cell: '0'.repeat(64), replicate: 1 })
    const [n, d] = [20, 4]
    for (let r = 0; r < 20; r += 1) {
      const x = drawNormal(split(key, `x/${r}`), n * d)
      const e = drawNormal(split(key, `e/${r}`), n)
      const inputs = Array.from({ length: n }, (_, i) => [...x.subarray(i * d, (i + 1) * d)])
      const y = inputs.map(([a = 0, b = 0], i) => a - 0.5 * b + 0.3 * (e[i] ?? 0))
      const weightDecay = 0.05 + 0.02 * r
      const data = { kind: 'inline', x: inputs, y: y.map((value) => [value]) }
      const { measured } = run([{ data, optimiser: sgd(0.1), regularisation: decay(weightDecay) }], 4_000)
      const problem = { x: { rows: n, columns: d, values: x }, y: Float64Array.from(y) }
      expect(kktResidual(problem, Float64Array.from(measured), { weightDecay, zero: 1e-3 })).toBeLessThan(1e-3)
    }
  })
})

describe('8.3: a product of D factors has two minima', () => {
  // Origin: theory.md 8.3 (closed_forms.py), y = 1
  test.each([
    { depth: 3, gammas: [0.1, 0.3], values: [0.89628259, 0.65446461], beyond: 0.48 },
    { depth: 4, gammas: [0.1, 0.2], values: [0.89425255, 0.77243896], beyond: 0.39 },
  ])('depth $depth: from factors of .9 the branch, from .05 zero, and zero alone above γ_up', ({ depth, gammas, values, beyond }) => {
    const at = (weightDecay: number, start: number) => ({
      model: { kind: 'product-linear', depth },
      data: scalar(1),
      initialValues: { '*': start },
      optimiser: sgd(0.01),
      regularisation: decay(weightDecay),
    })
    const fields = [...gammas.map((gamma) => at(gamma, 0.9)), ...gammas.map((gamma) => at(gamma, 0.05)), at(beyond, 0.9)]
    const { measured, predicted } = run(fields, 40_000)
    expect(measured.slice(0, 2)).toBeAllclose(values, trained)
    expect(measured.slice(0, 2)).toBeAllclose(
      gammas.map((gamma) => depthBranch({ depth, y: 1 }, gamma)?.v ?? Number.NaN),
      trained,
    )
    for (const value of measured.slice(2)) expect(Math.abs(value)).toBeLessThan(1e-6)
    expect(predicted).toBeAllclose([...fields.slice(1).map(() => Number.NaN), 0]) // unique only beyond γ_up
  })
})

describe('8.6: one step of a product', () => {
  const one = ({ u, w, y, learningRate, gamma }: { u: number; w: number; y: number; learningRate: number; gamma: number }) => ({
    data: scalar(y),
    initialValues: { u, w },
    optimiser: sgd(learningRate),
    regularisation: decay(gamma),
  })
  test('for the values of the handbook', () => {
    const { part } = run([one({ u: 0.8, w: 0.3, y: 1.3, learningRate: 0.05, gamma: 0.1 })], 1)
    const [[u = Number.NaN], [w = Number.NaN]] = [part('u'), part('w')]
    expect([u, w, u ** 2 - w ** 2]).toBeAllclose([0.8238, 0.3818, 0.5328752], { relative: 1e-6 })
  })
  test('for 200 random ones in one stack: sum, difference and imbalance', () => {
    const draws = drawUniform(rootKey({ base: 8, cell: '0'.repeat(64), replicate: 1 }), 1_000)
    const cases = Array.from({ length: 200 }, (_, i) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = draws.subarray(5 * i, 5 * i + 5)
      return { u: 2 * a - 1, w: 2 * b - 1, y: 4 * c - 2, learningRate: 0.2 * d, gamma: e }
    })
    const { part } = run(cases.map(one), 1)
    const [u1, w1] = [part('u'), part('w')]
    for (const [i, { u, w, y, learningRate, gamma }] of cases.entries()) {
      const step = { learningRate, weightDecay: gamma }
      const pair = { u, w, slope: 2 * (u * w - y) }
      const next = { u: u1[i] ?? Number.NaN, w: w1[i] ?? Number.NaN }
      const { sum, difference, imbalance } = productStepIdentities(pair, step)
      // ten float32 roundings of numbers up to 1 to 2: the start, y, η and γ are rounded too
      const rounding = { absolute: 1e-6 }
      expect([next.u, next.w]).toBeAllclose(Object.values(productStep(pair, step)), rounding)
      expect([next.u + next.w, next.u - next.w, next.u ** 2 - next.w ** 2]).toBeAllclose([sum, difference, imbalance], { absolute: 2e-6 })
    }
  })
})

describe('11: traps', () => {
  test.each([
    ['gradient descent', sgd(0.1)],
    ['Adam', { kind: 'adam', learningRate: 0.01 }],
  ])('11.1: under %s u = w is never left, so a target of −1 ends at 0', (_, optimiser) => {
    const fields = { data: scalar(-1), initialValues: { '*': 0.5 }, optimiser, regularisation: decay(0.3) }
    const { measured, part } = run([fields], 4_000)
    expect(part('u')).toEqual(part('w')) // to the bit
    expect(measured).toBeAllclose([0], { absolute: 1e-6 })
  })
  test('11.2: momentum with the decay in the gradient keeps the minimum', () => {
    const { measured } = run(
      [0.5, 0.7, 0.9].map((momentum) => ({
        data: scalar(1),
        initialValues: { u: 0.9, w: 0.4 },
        optimiser: { ...sgd(0.02), momentum },
        regularisation: decay(0.3),
      })),
      4_000,
    )
    expect(measured).toBeAllclose([0.7, 0.7, 0.7], trained)
  })
  test('11.3: Adam keeps soft(y, γ), AdamW does not', () => {
    // Origin: theory.md 11.3, extra4.py: 60,000 steps of .001 from (.9, .5)
    const of = (kind: 'adam' | 'adamw') =>
      run(
        [1, 0.2].map((y) => ({
          data: scalar(y),
          initialValues: { u: 0.9, w: 0.5 },
          optimiser: { kind, learningRate: 0.001 },
          regularisation: decay(0.3),
        })),
        60_000,
      )
    const printed = { absolute: 5e-4 } // three printed digits
    expect(of('adam').measured).toBeAllclose([0.7, 0], printed)
    expect(of('adam').predicted).toBeAllclose([0.7, 0])
    expect(of('adamw').measured).toBeAllclose([1, 0.2], printed)
    expect(of('adamw').predicted).toEqual([])
  })
  test('11.3: decay beside a step with momentum is L2 with (1 − μ)γ', () => {
    const optimiser = { ...sgd(0.001), momentum: 0.9, decoupled: true }
    const fields = { data: scalar(1), initialValues: { u: 0.9, w: 0.4 }, optimiser, regularisation: decay(0.2) }
    const { measured, predicted } = run([fields], 20_000)
    expect(measured).toBeAllclose([0.98], trained)
    expect(predicted).toBeAllclose([0.98])
  })
})
