import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memory } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { lanesOf, partOf, startingAt, train, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Lane } from './lanes.ts'
import { stepFeeds } from './stepFeeds.ts'
import { captureTraining, startState } from './trainingProgram.ts'
import { weightDecayOf } from '#core/learning/regularisation.ts'

expect.extend({ toBeAllclose })

const rate = 0.1
const sgd = (more: Fields = {}) => ({ kind: 'sgd', learningRate: rate, ...more })
const float32 = { relative: 4e-6, absolute: 1e-6 } // some twenty float32 roundings of numbers near 1

/** Runs of (uw − y)², starting at u = 2, w = .5 or where they are told. */
const product = (fields: readonly Fields[], starts: readonly (readonly [number, number])[] = fields.map(() => [2, 0.5])): Lane[] =>
  startingAt(
    lanesOf(fields.map((one) => ({ data: { kind: 'scalar', target: 3 }, optimiser: sgd(), ...one }))),
    starts.map(([u, w]) => ({ u: [u], w: [w] })),
  )
/** Runs of (v − y)², starting at v. */
const line = (fields: readonly Fields[], starts: readonly number[]): Lane[] =>
  startingAt(
    lanesOf(fields.map((one) => ({ data: { kind: 'scalar', target: 3 }, model: { kind: 'linear' }, optimiser: sgd(), ...one }))),
    starts.map((v) => ({ v: [v] })),
  )
const u = (lanes: readonly Lane[], steps = 1) => [...partOf(train(lanes, steps), 'parameter/u')]
const w = (lanes: readonly Lane[], steps = 1) => [...partOf(train(lanes, steps), 'parameter/w')]
const v = (lanes: readonly Lane[], steps = 1) => [...partOf(train(lanes, steps), 'parameter/v')]

describe.each(['wasm', 'cpu'] as const)('a training step on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  // at u = 2, w = .5, y = 3: ∂ℓ/∂u = 2(uw − y)w = −2, ∂ℓ/∂w = −8
  describe('decay', () => {
    const decayed = (weightDecay: number, groups: readonly unknown[] = []) => ({ regularisation: { weightDecay, groups } })
    test('is 2γθ in the gradient, of the group that names the parameter, each run at its own', () => {
      const lanes = product([decayed(0.1, [{ parameters: 'u', weightDecay: 0.3 }]), decayed(0.2, [{ parameters: 'u', weightDecay: 0 }])])
      expect(u(lanes)).toBeAllclose([2 - rate * (-2 + 2 * 0.3 * 2), 2 - rate * -2], float32)
      expect(w(lanes)).toBeAllclose([0.5 - rate * (-8 + 2 * 0.1 * 0.5), 0.5 - rate * (-8 + 2 * 0.2 * 0.5)], float32)
    })
    test('of several groups that name a parameter the last counts', () => {
      const groups = [
        { parameters: '*', weightDecay: 0.3 },
        { parameters: 'w', weightDecay: 0.7 },
      ]
      const [one] = product([decayed(0.1, groups)])
      const [other] = product([decayed(0.1, groups.toReversed())])
      if (one === undefined || other === undefined) throw new Error('expected two lanes')
      expect([weightDecayOf(one.study.regularisation, 'u'), weightDecayOf(one.study.regularisation, 'w')]).toEqual([0.3, 0.7])
      expect([weightDecayOf(other.study.regularisation, 'u'), weightDecayOf(other.study.regularisation, 'w')]).toEqual([0.3, 0.3])
      expect(w([one])).toBeAllclose([0.5 - rate * (-8 + 2 * 0.7 * 0.5)], float32)
    })
    test('beside the step is the same without momentum', () => {
      const [inside, beside] = [product([decayed(0.3)]), product([{ ...decayed(0.3), optimiser: sgd({ decoupled: true }) }])]
      expect(u(beside, 5)).toBeAllclose(u(inside, 5), float32)
    })
    test('beside the step keeps out of the momentum', () => {
      // v from 1: g = 2(v − 3), m = μm + g (+ 2γv inside), v' = v − ηm (− 2ηγv beside)
      const simulate = (isDecoupled: boolean) => {
        let [value, m] = [1, 0]
        for (let step = 0; step < 4; step += 1) {
          m = 0.5 * m + 2 * (value - 3) + (isDecoupled ? 0 : 2 * 0.3 * value)
          value -= rate * m + (isDecoupled ? 2 * rate * 0.3 * value : 0)
        }
        return value
      }
      for (const decoupled of [false, true]) {
        const lanes = line([{ ...decayed(0.3), optimiser: sgd({ momentum: 0.5, decoupled }) }], [1])
        expect(v(lanes, 4)).toBeAllclose([simulate(decoupled)], float32)
      }
      expect(Math.abs(simulate(true) - simulate(false))).toBeGreaterThan(0.05)
    })
    test('of AdamW is beside the step, of Adam inside it', () => {
      // the first step of Adam is η·g/(|g| + ε): g = −4, with decay −4 + .6
      const of = (kind: string) => v(line([{ ...decayed(0.3), optimiser: { kind, learningRate: rate, epsilon: 1 } }], [1]))
      expect(of('adamw')).toBeAllclose([1 + (rate * 4) / (4 + 1) - 2 * rate * 0.3], float32)
      expect(of('adam')).toBeAllclose([1 + (rate * 3.4) / (3.4 + 1)], float32)
    })
    test('in a random metric is of each entry by its own', () => {
      const lanes = lanesOf([
        { reparametrise: [{ kind: 'syre', std: 2, diagonal: true }], model: { kind: 'linear' }, ...decayed(0.3) },
        { reparametrise: [{ kind: 'syre', std: 2, diagonal: true }], model: { kind: 'linear' }, ...decayed(0) },
      ])
      const without = lanes.map((lane) => ({ ...lane, study: { ...lane.study, regularisation: { weightDecay: 0, groups: [] } } }))
      const [free, plain] = [partOf(train(lanes, 1), 'parameter/v/free'), partOf(train(without, 1), 'parameter/v/free')]
      const expected = lanes.flatMap(({ constants, start, study }, r) =>
        Array.from(start['v/free'] ?? [], (phi, j) => {
          const metric = constants['v/metric']?.[j] ?? Number.NaN
          return (plain[3 * r + j] ?? Number.NaN) - study.optimiser.learningRate * 2 * study.regularisation.weightDecay * metric * phi
        }),
      )
      expect([...free]).toBeAllclose(expected, float32)
      expect(new Set(lanes[0]?.constants['v/metric']).size).toBe(3)
    })
  })

  describe('clipping', () => {
    test('by norm shortens the gradient of all parameters of a run together, and leaves a shorter one', () => {
      // ‖(−2, −8)‖ = √68; at u = w = 1: g = (−4, −4)
      const optimiser = sgd({ clip: { norm: 6 } })
      const lanes = product([{ optimiser }, { optimiser }], [[2, 0.5], [1, 1]]) // prettier-ignore
      expect(u(lanes)).toBeAllclose([2 + (rate * 2 * 6) / Math.sqrt(68), 1 + rate * 4], float32)
      expect(w(lanes)).toBeAllclose([0.5 + (rate * 8 * 6) / Math.sqrt(68), 1 + rate * 4], float32)
    })
    test('is of the gradient with its decay, and of that of the loss alone where the decay is beside the step', () => {
      const regularisation = { weightDecay: 10 }
      const of = (decoupled: boolean) => u(product([{ regularisation, optimiser: sgd({ clip: { norm: 1 }, decoupled }) }]))
      const g = [-2 + 2 * 10 * 2, -8 + 2 * 10 * 0.5] as const
      expect(of(false)).toBeAllclose([2 - (rate * g[0]) / Math.hypot(...g)], float32)
      expect(of(true)).toBeAllclose([2 + (rate * 2) / Math.sqrt(68) - rate * 2 * 10 * 2], float32)
    })
    test('by value cuts each entry', () => {
      const lanes = product([{ optimiser: sgd({ clip: { value: 3 } }) }])
      expect([...u(lanes), ...w(lanes)]).toBeAllclose([2 + rate * 2, 0.5 + rate * 3], float32)
    })
    test('leaves a gradient of zero', () => {
      const lanes = product([{ optimiser: sgd({ clip: { norm: 1 } }) }], [[0, 0]])
      expect([u(lanes), w(lanes)]).toEqual([[0], [0]])
    })
  })

  describe('noise', () => {
    const feedOf = (lanes: readonly Lane[], name: string) => [...(stepFeeds(lanes).values(0)[name] ?? [])]
    test('on the target is s·ξ of the step, each run at its own s', () => {
      const lanes = line([{ noise: { label: { kind: 'gaussian', std: 0.5 } } }, { noise: { label: { kind: 'gaussian', std: 2 } } }], [1, 1])
      const xi = feedOf(lanes, 'labelNoise')
      expect(v(lanes)).toBeAllclose(
        [0.5, 2].map((std, r) => 1 - rate * 2 * (1 - (3 + std * (xi[r] ?? Number.NaN)))),
        float32,
      )
    })
    test('on the gradient is added to that of the loss', () => {
      const gradient = (std: number) => ({ noise: { gradient: { kind: 'isotropic', std } } })
      const lanes = line([gradient(0.5), gradient(2)], [1, 1])
      const xi = feedOf(lanes, 'gradientNoise/v')
      expect(v(lanes)).toBeAllclose(
        [0.5, 2].map((std, r) => 1 - rate * (-4 + std * (xi[r] ?? Number.NaN))),
        float32,
      )
    })
    test('that multiplies is of the gradient of the loss alone', () => {
      const lanes = line([{ noise: { gradient: { kind: 'multiplicative', std: 0.5 } }, regularisation: { weightDecay: 0.3 } }], [1])
      const [xi = Number.NaN] = feedOf(lanes, 'gradientNoise/v')
      expect(v(lanes)).toBeAllclose([1 - rate * (-4 * (1 + 0.5 * xi) + 2 * 0.3)], float32)
    })
    test('that multiplies keeps u = w = 0, that which adds does not', () => {
      const of = (kind: string) => u(product([{ noise: { gradient: { kind, std: 5 } } }], [[0, 0]]), 50)
      expect(of('multiplicative')).toEqual([0])
      expect(of('isotropic')).not.toEqual([0])
    })
    test('is not seen by a run whose σ is 0', () => {
      const of = (std: number) => line([{ noise: { gradient: { kind: 'isotropic', std } } }, { noise: { gradient: { kind: 'isotropic', std: 1 } } }], [1, 1]) // prettier-ignore
      expect(v(of(0), 10)[0]).toBe(v(line([{}, {}], [1, 1]), 10)[0])
    })
  })

  test('the schedule multiplies the learning rate of every run, of the step and of the decay beside it', () => {
    const schedule = { kind: 'step', every: 1, factor: 0.5 }
    const lanes = line([{ optimiser: sgd({ schedule }) }, { optimiser: sgd({ schedule, learningRate: 0.2 }) }], [1, 1])
    const expected = [0.1, 0.2].map((learningRate) => {
      const first = 1 - learningRate * 2 * (1 - 3)
      return first - 0.5 * learningRate * 2 * (first - 3)
    })
    expect(v(lanes, 2)).toBeAllclose(expected, float32)
    const decoupled = line([{ optimiser: sgd({ schedule, decoupled: true }), regularisation: { weightDecay: 0.3 } }], [1])
    const [first, half] = [1 + 0.4 - 0.06, 0.05]
    expect(v(decoupled, 2)).toBeAllclose([first - half * 2 * (first - 3) - 2 * half * 0.3 * first], float32)
  })

  test('momentum of Nesterov looks ahead', () => {
    let [value, m] = [1, 0]
    for (let step = 0; step < 3; step += 1) {
      const g = 2 * (value - 3)
      m = 0.5 * m + g
      value -= rate * (g + 0.5 * m)
    }
    expect(v(line([{ optimiser: sgd({ momentum: 0.5, nesterov: true }) }], [1]), 3)).toBeAllclose([value], float32)
  })

  test('of a sum of squares is as many times that of the mean as there are rows', () => {
    const data = { kind: 'inline', x: [[1], [2]], y: [[1], [0]] } // prettier-ignore
    // Σ 2x(xv − y) at v = 1: 0 + 8
    const of = (loss: Fields) => v(line([{ data, loss }], [1]))
    expect(of({ kind: 'sse' })).toBeAllclose([1 - rate * 8], float32)
    expect(of({ kind: 'mse' })).toBeAllclose([1 - rate * 4], float32)
    expect(of({ kind: 'mse', scale: 0.5 })).toBeAllclose([1 - rate * 2], float32)
  })

  test('a task has its own target from its first step on, and goes on from the state before it', () => {
    const tasks = [
      { step: 2, set: { 'data.target': -5 } },
      { step: 3, set: { 'data.target': 7 } },
    ]
    const lanes = line([{ tasks, optimiser: sgd({ momentum: 0.5 }) }], [1])
    let [value, m] = [1, 0]
    const expected = [3, 3, -5, 7, 7].map((target) => {
      m = 0.5 * m + 2 * (value - target)
      return (value -= rate * m)
    })
    let state = startState(lanes)
    const reached = expected.map((_, step) => {
      const program = captureTraining(lanes, state, step)
      program.advance(step)
      state = Object.fromEntries(Object.entries(state).map(([name, part]) => [name, { ...part, values: program.read(name) }]))
      program.dispose()
      return state['parameter/v']?.values[0] ?? Number.NaN
    })
    expect(reached).toBeAllclose(expected, float32)
  })
})
