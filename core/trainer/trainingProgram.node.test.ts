import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memory } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { lanesOf, partOf, startingAt, train, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Lane } from './lanes.ts'
import { captureTraining, startState } from './trainingProgram.ts'

expect.extend({ toBeAllclose })

const f32 = Math.fround
const at = (values: ArrayLike<number> | undefined, i: number) => values?.[i] ?? Number.NaN

type Scalar = {
  readonly u: number
  readonly w: number
  readonly y: number
  readonly rate: number
  readonly decay: number
  readonly momentum?: number
}

/** Runs of (uw − y)² + γ(u² + w²): one feature x = 1, one training row, a target of each run's own. */
function scalarLanes(runs: readonly Scalar[]): Lane[] {
  const fields = runs.map(({ y, rate, decay, momentum = 0 }) => ({
    data: { kind: 'csv', path: `x,y/1,${y}/1,${y}`, target: 'y', standardise: false, split: { train: 0.5, test: 0.5 } },
    optimiser: { kind: 'sgd', learningRate: rate, momentum },
    regularisation: { weightDecay: decay },
  }))
  return startingAt(
    lanesOf(fields),
    runs.map(({ u, w }) => ({ u: [u], w: [w] })),
  )
}

/** What float32 makes of such a run, operation by operation; a run dies at the first step whose loss or new parameters are not finite. */
function simulate(run: Scalar, steps: number) {
  const [rate, twiceDecay, momentum, y] = [f32(run.rate), f32(2 * run.decay), f32(run.momentum ?? 0), f32(run.y)]
  let [u, w, mu, mw] = [f32(run.u), f32(run.w), 0, 0]
  let [survived, finiteLoss] = [0, 0]
  for (let step = 0; step < steps; step += 1) {
    const residual = f32(f32(u * w) - y)
    if (!Number.isFinite(f32(residual * residual))) break
    finiteLoss += 1
    const gradient = f32(2 * residual) // of the mean of one square; exact
    const gu = f32(f32(gradient * w) + f32(twiceDecay * u))
    const gw = f32(f32(gradient * u) + f32(twiceDecay * w))
    ;[mu, mw] = [f32(f32(momentum * mu) + gu), f32(f32(momentum * mw) + gw)]
    const next = [f32(u - f32(rate * mu)), f32(w - f32(rate * mw))] as const
    if (!next.every(Number.isFinite)) break
    ;[u, w] = next
    survived += 1
  }
  return { u, w, survived, finiteLoss }
}

describe.each(['wasm', 'cpu'] as const)('a training step on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  const ordinary: Scalar[] = [
    { u: 0.9, w: 0.4, y: 1, rate: 0.02, decay: 0.3 },
    { u: 0.9, w: -0.4, y: -0.7, rate: 0.1, decay: 0.2 },
    { u: 0.3, w: 0.2, y: 0.25, rate: 0.05, decay: 0 },
  ]

  test('has the bits of float32 arithmetic, each run at its own rate and decay', () => {
    const state = train(scalarLanes(ordinary), 50)
    const expected = ordinary.map((run) => simulate(run, 50))
    expect([...partOf(state, 'parameter/u')]).toEqual(expected.map(({ u }) => u))
    expect([...partOf(state, 'parameter/w')]).toEqual(expected.map(({ w }) => w))
  })
  test('with momentum, too, each run at its own', () => {
    const runs = ordinary.map((run, i) => ({ ...run, momentum: [0.9, 0.5, 0.1][i] ?? 0 }))
    const state = train(scalarLanes(runs), 50)
    expect([...partOf(state, 'parameter/u')]).toEqual(runs.map((run) => simulate(run, 50).u))
    expect([...partOf(state, 'parameter/w')]).toEqual(runs.map((run) => simulate(run, 50).w))
  })
  test('a run that diverges says its step and place, and keeps its last finite parameters', () => {
    const wild: Scalar[] = [
      { u: 0.9, w: 0.4, y: 1, rate: 1e6, decay: 0.3 }, // in its loss: u·w grows as the cube of u
      { u: 1e19, w: 1e19, y: 0, rate: 1e-30, decay: 0 }, // at once: the square of 1e38 is beyond float32
      { u: 1e10, w: 1e-5, y: 0, rate: 3e38, decay: 0 }, // in its parameters: the loss 1e10 is finite, the step is not
      { u: 30, w: 20, y: 0, rate: 0.02, decay: 0 },
    ]
    const runs = [...ordinary, ...wild]
    const state = train(scalarLanes(runs), 40)
    const expected = runs.map((run) => simulate(run, 40))
    for (const name of ['survived', 'finiteLoss'] as const) expect([...partOf(state, name)]).toEqual(expected.map((run) => run[name]))
    for (const name of ['u', 'w'] as const) expect([...partOf(state, `parameter/${name}`)]).toEqual(expected.map((run) => run[name]))
    expect([...partOf(state, 'alive')]).toEqual(expected.map(({ survived }) => (survived === 40 ? 1 : 0)))
    // the cases are what they are meant to be: dead in the loss, at once, in the parameters
    const [fast, instant, step] = expected.slice(3)
    expect([fast?.finiteLoss === fast?.survived, instant?.survived, (step?.finiteLoss ?? 0) - (step?.survived ?? 0)]).toEqual([true, 0, 1])
  })

  // 8.6: u' + w' = (c − ηg)(u + w), u' − w' = (c + ηg)(u − w), c = 1 − 2ηγ, g = ∂ℓ/∂v = 2(uw − y); a step rounds some ten times
  const identities = (runs: readonly Scalar[]) => {
    const state = train(scalarLanes(runs), 1)
    for (const [r, { u, w, y, rate, decay }] of runs.entries()) {
      const [c, g] = [1 - 2 * rate * decay, 2 * (u * w - y)]
      const [u1, w1] = [at(state['parameter/u'], r), at(state['parameter/w'], r)]
      const size = (Math.abs(u) + Math.abs(w)) * (1 + rate * (2 * decay + 2 * (Math.abs(u * w) + Math.abs(y)))) // of the terms that are added
      const close = { absolute: 10 * 2 ** -24 * size }
      expect(u1 + w1).toBeAllclose((c - rate * g) * (u + w), close)
      expect(u1 - w1).toBeAllclose((c + rate * g) * (u - w), close)
      expect(u1 ** 2 - w1 ** 2).toBeAllclose((c ** 2 - rate ** 2 * g ** 2) * (u ** 2 - w ** 2), { absolute: 20 * 2 ** -24 * size ** 2 })
    }
    return state
  }
  test('keeps the identities of one step at the values of the handbook', () => {
    const state = identities([{ u: 0.8, w: 0.3, y: 1.3, rate: 0.05, decay: 0.1 }])
    const [u, w] = [at(state['parameter/u'], 0), at(state['parameter/w'], 0)]
    expect([u, w, u ** 2 - w ** 2]).toBeAllclose([0.8238, 0.3818, 0.5328752], { relative: 1e-6 }) // float32 epsilon times ten operations
  })
  test('keeps the identities of one step for any u, w, y, rate and decay', () => {
    const number = (limit: number) => fc.integer({ min: -1000, max: 1000 }).map((n) => f32((limit * n) / 1000))
    const run = fc.record({
      u: number(2),
      w: number(2),
      y: number(3),
      rate: fc.integer({ min: 1, max: 1000 }).map((n) => f32(n / 5000)),
      decay: fc.integer({ min: 0, max: 1000 }).map((n) => f32(n / 1000)),
    })
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 30 }), (runs) => void identities(runs)),
      { numRuns: 10 },
    )
  })
})

describe('a stack on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  const rows = Array.from({ length: 10 }, (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},${Math.sin(5 * i + 1)}`)
  const shared = { kind: 'csv', path: `a,b,y/${rows.join('/')}`, target: 'y' }
  const own = { kind: 'sparse-linear', samples: 10, features: 3, coefficients: [1, -2], noise: 0.3 }
  const kinds: [string, Fields, 'full' | number][] = [
    ['shared data, full batch', shared, 'full'],
    ['shared data, minibatches', shared, 4],
    ['own data, full batch', own, 'full'],
    ['own data, minibatches', own, 4],
  ]
  const decays = [0, 0.01, 0.05, 0.1, 0.3, 1]
  const stackOf = (
    data: Fields,
    batch: 'full' | number,
    { wild = -1, rates = decays.map(() => 0.05), model = 'product-linear', momentum = 0.5 } = {},
  ) =>
    lanesOf(
      decays.map((weightDecay, r) => ({
        model: { kind: model },
        data,
        optimiser: { kind: 'sgd', learningRate: r === wild ? 1e6 : at(rates, r), momentum, batch },
        regularisation: { weightDecay },
      })),
    )

  /** SGD with momentum of one lane in float64, row by row, with the rows that its batches name. */
  function reference({ data: { train: part }, start, study, batches }: Lane, steps: number) {
    const { optimiser } = study
    if (optimiser.kind !== 'sgd') throw new Error('the reference is of SGD')
    const { learningRate, momentum, batch } = optimiser
    const [n, d] = [part.x.rows, part.x.columns]
    const [u, w] = [start['u']?.map(f32) ?? new Float64Array(), start['w']?.map(f32) ?? new Float64Array()]
    const [mu, mw] = [new Float64Array(d), new Float64Array(d)]
    const chosen = batch === 'full' ? Int32Array.from({ length: n }, (_, i) => i) : new Int32Array(batch)
    for (let step = 0; step < steps; step += 1) {
      if (batch !== 'full') batches(step, chosen)
      const g = new Float64Array(d)
      for (const i of chosen) {
        let residual = -at(part.y.values, i)
        for (let j = 0; j < d; j += 1) residual += at(part.x.values, i * d + j) * at(u, j) * at(w, j)
        for (let j = 0; j < d; j += 1) g[j] = at(g, j) + (2 / chosen.length) * residual * at(part.x.values, i * d + j)
      }
      const decay = 2 * study.regularisation.weightDecay
      for (let j = 0; j < d; j += 1) {
        mu[j] = momentum * at(mu, j) + at(g, j) * at(w, j) + decay * at(u, j)
        mw[j] = momentum * at(mw, j) + at(g, j) * at(u, j) + decay * at(w, j)
      }
      for (let j = 0; j < d; j += 1) {
        u[j] = at(u, j) - learningRate * at(mu, j)
        w[j] = at(w, j) - learningRate * at(mw, j)
      }
    }
    return { u, w }
  }

  test.each(kinds)('%s: follows gradient descent in float64', (_, data, batch) => {
    const lanes = stackOf(data, batch, { rates: [0.02, 0.05, 0.03, 0.04, 0.05, 0.01] })
    const state = train(lanes, 60)
    const expected = lanes.map((lane) => reference(lane, 60))
    // contracting dynamics: what 60 steps of float32 add stays at some 2⁻²⁴ each of parameters below 2
    const close = { absolute: 60 * 2 ** -23 }
    expect(partOf(state, 'parameter/u')).toBeAllclose(
      expected.flatMap(({ u }) => [...u]),
      close,
    )
    expect(partOf(state, 'parameter/w')).toBeAllclose(
      expected.flatMap(({ w }) => [...w]),
      close,
    )
  })

  test.each(kinds)('%s: a run that diverges changes no bit of its neighbours', (_, data, batch) => {
    const [calm, wild] = [train(stackOf(data, batch), 300), train(stackOf(data, batch, { wild: 2 }), 300)]
    expect(at(wild['survived'], 2)).toBeLessThan(20)
    expect([...partOf(wild, 'survived')].filter((steps) => steps === 300)).toHaveLength(5)
    const size = partOf(calm, 'parameter/u').length / decays.length
    for (const name of ['parameter/u', 'parameter/w', 'optimiser/u', 'optimiser/w']) {
      const [a, b] = [partOf(calm, name), partOf(wild, name)]
      for (const r of [0, 1, 3, 4, 5]) expect(b.slice(r * size, (r + 1) * size)).toEqual(a.slice(r * size, (r + 1) * size))
      expect(b.every(Number.isFinite)).toBe(true)
    }
  })

  test.each(kinds)('%s: a run alone agrees with itself in a stack', (_, data, batch) => {
    const lanes = stackOf(data, batch)
    const together = partOf(train(lanes, 200), 'parameter/u')
    const alone = lanes.flatMap((lane) => [...partOf(train([lane], 200), 'parameter/u')])
    expect(alone).toBeAllclose(together, { absolute: 2e-5 }) // 1e-5 of the largest coefficient, 2
  })

  test.each(kinds)('%s: the same stack twice has the same bits', (_, data, batch) => {
    expect(train(stackOf(data, batch), 100)).toEqual(train(stackOf(data, batch), 100))
  })

  test.each(kinds)('%s: a stack that goes on from its own state has the bits of one unbroken', (_, data, batch) => {
    const lanes = stackOf(data, batch)
    const whole = train(lanes, 30)
    const half = train(lanes, 17)
    const state = Object.fromEntries(
      Object.entries(startState(lanes)).map(([name, part]) => [name, { ...part, values: partOf(half, name) }]),
    )
    const program = captureTraining(lanes, state)
    for (let step = 17; step < 30; step += 1) program.advance(step)
    for (const name of Object.keys(whole)) expect(program.read(name)).toEqual(whole[name])
    program.dispose()
  })

  test.each(kinds)('%s: from two runs on, the bits of a run do not depend on how many there are', (_, data, batch) => {
    const many = lanesOf(
      Array.from({ length: 80 }, (__, r) => ({
        data,
        optimiser: { kind: 'sgd', learningRate: 0.05, momentum: 0.5, batch },
        regularisation: { weightDecay: 0.01 * r },
      })),
    )
    const whole = partOf(train(many, 100), 'parameter/u')
    const size = whole.length / many.length
    for (const [from, to] of [
      [0, 2],
      [3, 10],
      [40, 80],
    ] as const)
      expect(partOf(train(many.slice(from, to), 100), 'parameter/u')).toEqual(whole.slice(from * size, to * size))
  })
})
