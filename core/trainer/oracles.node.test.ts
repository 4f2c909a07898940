/** The handbook's closed forms, trained by the ordinary program in float32 on wasm, from tables written as text. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import { lanesOf, partOf, startingAt, train, type Trained } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

/** The coefficients of all runs, one after another: the products of the factors. */
const products = (state: Trained, names: readonly string[]) => {
  const factors = names.map((name) => partOf(state, `parameter/${name}`))
  return Array.from(factors[0] ?? [], (_, place) => factors.reduce((product, factor) => product * (factor[place] ?? Number.NaN), 1))
}
/** The row x = 1 with a target, on which each run stands alone: a table that is split is a run's own. */
const scalar = (y: number) => ({
  kind: 'csv',
  path: `x,y/1,${y}/1,${y}`,
  target: 'y',
  standardise: false,
  split: { train: 0.5, test: 0.5 },
})

// Rounding: training in float32 ends within 1e-5 of the float64 optimum, theory.md section 8 [R]
const trained = { absolute: 1e-4 }

describe('8.1: (uw − y)² + γ(u² + w²) has its minimum at soft(y, γ)', () => {
  const cases = [
    { y: 1, decay: 0.3, v: 0.7 },
    { y: -0.7, decay: 0.2, v: -0.5 },
    { y: 0.25, decay: 0.4, v: 0 },
    { y: 2, decay: 1.9, v: 0.1 },
  ]
  test('for the values of the handbook, in one stack', () => {
    // the handbook's 20,000 steps of .02, in 4,000 of .1: the same ηt, and 2η times the largest curvature stays below 1
    const lanes = lanesOf(
      cases.map(({ y, decay }) => ({
        data: scalar(y),
        optimiser: { kind: 'sgd', learningRate: 0.1 },
        regularisation: { weightDecay: decay },
      })),
    )
    const state = train(
      startingAt(
        lanes,
        cases.map(({ y }) => ({ u: [0.9], w: [0.4 * Math.sign(y)] })),
      ),
      4_000,
    )
    expect(products(state, ['u', 'w'])).toBeAllclose(
      cases.map(({ v }) => v),
      trained,
    )
    // at the optimum |u| = |w|
    expect(partOf(state, 'parameter/u').map(Math.abs)).toBeAllclose(partOf(state, 'parameter/w').map(Math.abs), trained)
  })
  test('11.1: from u = w a target of −1 ends at 0, for u = w is a mirror', () => {
    const lanes = lanesOf([{ data: scalar(-1), optimiser: { kind: 'sgd', learningRate: 0.1 }, regularisation: { weightDecay: 0.3 } }])
    const state = train(startingAt(lanes, [{ u: [0.5], w: [0.5] }]), 2_000)
    expect([...partOf(state, 'parameter/u')]).toEqual([...partOf(state, 'parameter/w')]) // to the bit
    expect(products(state, ['u', 'w'])).toBeAllclose([0], { absolute: 1e-6 })
  })
  test('11.2: momentum with the decay in the gradient keeps the minimum', () => {
    const lanes = lanesOf(
      [0, 0.5, 0.9].map((momentum) => ({
        data: scalar(1),
        optimiser: { kind: 'sgd', learningRate: 0.02, momentum },
        regularisation: { weightDecay: 0.3 },
      })),
    )
    const state = train(
      startingAt(
        lanes,
        lanes.map(() => ({ u: [0.9], w: [0.4] })),
      ),
      4_000,
    )
    expect(products(state, ['u', 'w'])).toBeAllclose([0.7, 0.7, 0.7], trained)
  })
})

describe('8.2: u ⊙ w under weight decay is the lasso', () => {
  const data = { kind: 'csv', path: 'a,b,y/1,0,1/0,1,2/1,1,2/1,-1,0', target: 'y', standardise: false }
  const cases = [
    { decay: 0.1, v: [0.86666667, 1.2] },
    { decay: 0.5, v: [0.33333333, 0.66666667] },
    { decay: 0.8, v: [0, 0.26666667] },
  ]
  const lanes = () =>
    lanesOf(cases.map(({ decay }) => ({ data, optimiser: { kind: 'sgd', learningRate: 0.2 }, regularisation: { weightDecay: decay } })))
  const expected = cases.flatMap(({ v }) => v)

  test('for the fixture of the handbook, from a drawn start', () => {
    // its 20,000 steps of .05, in 5,000 of .2: the same ηt
    expect(products(train(lanes(), 5_000), ['u', 'w'])).toBeAllclose(expected, trained)
  })
  test('from any start that is no mirror, signs turned or not', () => {
    const starts = [
      { u: [0.9, 0.3], w: [-0.4, 0.7] },
      { u: [-0.5, -0.5], w: [0.4, 0.6] },
      { u: [0.3, 0.8], w: [0.7, 0.2] },
    ]
    expect(products(train(startingAt(lanes(), starts), 5_000), ['u', 'w'])).toBeAllclose(expected, trained)
  })
  test('for 20 random problems: the optimality conditions hold to 1e-3', () => {
    const key = rootKey({ base: 3, cell: '0'.repeat(64), replicate: 1 })
    const [n, d] = [20, 4]
    const problems = Array.from({ length: 20 }, (_, r) => {
      const x = drawNormal(split(key, `x/${r}`), n * d)
      const e = drawNormal(split(key, `e/${r}`), n)
      const rows = Array.from({ length: n }, (_, i) => [...x.subarray(i * d, (i + 1) * d)])
      return { rows, y: rows.map(([a = 0, b = 0], i) => a - 0.5 * b + 0.3 * (e[i] ?? 0)), decay: 0.05 + 0.02 * r }
    })
    const text = ({ rows, y }: (typeof problems)[number]) => rows.map((row, i) => [...row, y[i]].join(',')).join('/')
    // a table twice over, half of it held back, would not be the same rows: so each run has a stack of its own here
    const runs = problems.map((problem) => {
      const data = { kind: 'csv', path: `a,b,c,d,y/${text(problem)}`, target: 'y', standardise: false }
      return {
        problem,
        lanes: lanesOf([{ data, optimiser: { kind: 'sgd', learningRate: 0.1 }, regularisation: { weightDecay: problem.decay } }]),
      }
    })
    for (const { problem, lanes } of runs) {
      const v = products(train(lanes, 4_000), ['u', 'w'])
      const residual = problem.rows.map((row, i) => (problem.y[i] ?? 0) - row.reduce((sum, value, j) => sum + value * (v[j] ?? 0), 0))
      for (const [j, vj] of v.entries()) {
        const c = residual.reduce((sum, r, i) => sum + (r * (problem.rows[i]?.[j] ?? 0)) / n, 0)
        const violation = Math.abs(vj) < 1e-3 ? Math.max(0, Math.abs(c) - problem.decay) : Math.abs(c - problem.decay * Math.sign(vj))
        expect(violation).toBeLessThan(1e-3)
      }
    }
  })
})

describe('8.3: a product of D factors has two minima', () => {
  // Origin: theory.md 8.3 (closed_forms.py), y = 1
  test.each([
    {
      depth: 3,
      values: [
        [0.1, 0.89628259],
        [0.3, 0.65446461],
      ],
    },
    {
      depth: 4,
      values: [
        [0.1, 0.89425255],
        [0.2, 0.77243896],
      ],
    },
  ])('depth $depth: from factors of .9 the branch that solves u^(D−2)(y − u^D) = γ, from .05 zero', ({ depth, values }) => {
    const names = Array.from({ length: depth }, (_, k) => `u${k + 1}`)
    const startAt = (value: number) => Object.fromEntries(names.map((name) => [name, [value]]))
    const fields = values.map(([decay]) => ({
      model: { kind: 'product-linear', depth },
      data: scalar(1),
      optimiser: { kind: 'sgd', learningRate: 0.1 },
      regularisation: { weightDecay: decay },
    }))
    // the handbook's 40,000 steps of .01, in 4,000 of .1; the curvature is below 2D = 8
    const state = train(
      startingAt(lanesOf([...fields, ...fields]), [...values.map(() => startAt(0.9)), ...values.map(() => startAt(0.05))]),
      4_000,
    )
    const v = products(state, names)
    expect(v.slice(0, 2)).toBeAllclose(
      values.map(([, branch]) => branch ?? Number.NaN),
      trained,
    )
    for (const value of v.slice(2)) expect(Math.abs(value)).toBeLessThan(1e-6)
    for (const [r, [decay = 0]] of values.entries()) {
      const u = v[r] === undefined ? Number.NaN : v[r] ** (1 / depth)
      expect(u ** (depth - 2) * (1 - u ** depth)).toBeAllclose(decay, trained)
    }
  })
})

describe('the plain linear model under weight decay is the ridge', () => {
  test('v = y/(1 + γ) for one feature, never zero', () => {
    const decays = [0.1, 0.5, 2]
    const lanes = lanesOf(
      decays.map((weightDecay) => ({
        model: { kind: 'linear' },
        data: scalar(1),
        optimiser: { kind: 'sgd', learningRate: 0.1 },
        regularisation: { weightDecay },
      })),
    )
    expect(partOf(train(lanes, 500), 'parameter/v')).toBeAllclose(
      decays.map((decay) => 1 / (1 + decay)),
      { absolute: 1e-6 },
    ) // a contraction by .78 at least: only rounding is left
  })
  test('8.17: two equal columns share y/(2 + γ), whatever the start', () => {
    const decays = [0.1, 0.5]
    const lanes = lanesOf(
      decays.map((weightDecay) => ({
        model: { kind: 'linear' },
        data: { kind: 'csv', path: 'a,b,y/1,1,1', target: 'y', standardise: false },
        optimiser: { kind: 'sgd', learningRate: 0.1 },
        regularisation: { weightDecay },
      })),
    )
    const state = train(startingAt(lanes, [{ v: [0.9, -0.2] }, { v: [0.9, -0.2] }]), 2_000)
    expect(partOf(state, 'parameter/v')).toBeAllclose([0.47619048, 0.47619048, 0.4, 0.4], { absolute: 1e-5 })
    // θ₁ − θ₂ multiplies by 1 − 2ηγ a step, exactly
    const after = partOf(train(startingAt(lanes, [{ v: [0.9, -0.2] }, { v: [0.9, -0.2] }]), 10), 'parameter/v')
    expect([(after[0] ?? 0) - (after[1] ?? 0), (after[2] ?? 0) - (after[3] ?? 0)]).toBeAllclose([1.1 * 0.98 ** 10, 1.1 * 0.9 ** 10], {
      absolute: 1e-5,
    })
  })
})
