/** Every update rule, step by step, against its published formula and against another library. */
import { beforeAll, describe, expect, test } from 'vitest'
import { inFloat64 } from '#core/engines/float64/float64.ts'
import { inScope, mul, reshape, scalar, sub, tensor, type Tensor, type Tensors } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { settingsOf } from '#core/learning/kind.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { OptimiserKind } from './optimiser.ts'
import { optimiserKinds } from './registry.ts'

expect.extend({ toBeAllclose })

const parse = settingsOf(optimiserKinds)
const [d, steps] = [4, 20]
const start = (j: number) => 1 - j / 3
/** Any sequence of gradients will do: an optimiser does not know where they come from. */
const gradientAt = (t: number, j: number) => Math.sin(1 + t + 3 * j)
const shapes = [
  { name: 'v', shape: [d] },
  { name: 'w', shape: [2, 2] }, // the same numbers as a matrix
]

type Numbers = Readonly<Record<string, number>>
type After = { readonly theta: Float64Array; readonly state: Readonly<Record<string, Float64Array>> }

/** The parameters `v` and `w` of each run, and the state, after the steps; each run has numbers of its own. A decay 2γ is in the gradient, or beside the step where the optimiser says so. */
function train(settings: object, runs: readonly Numbers[], { decay = 0 } = {}): After {
  const parsed = parse.parse(settings)
  const kind: OptimiserKind = optimiserKinds[parsed.kind] // its functions take the settings of its own kind, which these are
  const filled = (value: (r: number, j: number) => number) => (shape: readonly number[]) =>
    tensor(
      Float64Array.from({ length: runs.length * d }, (_, i) => value(Math.floor(i / d), i % d)),
      [runs.length, ...shape],
    )
  const stacked = (value: (r: number, j: number) => number): Tensors =>
    Object.fromEntries(shapes.map(({ name, shape }) => [name, filled(value)(shape)]))
  const isDecoupled = kind.isDecoupled(parsed)
  let parameters = stacked((_, j) => start(j))
  let state: Tensors = Object.fromEntries(kind.state(parsed, shapes).map(({ name, shape }) => [name, filled(() => 0)(shape)]))
  for (let t = 0; t < steps; t += 1) {
    const now = Object.values(parameters)[0]?.dataSync() ?? []
    const gradients = stacked((r, j) => gradientAt(t, j) + (isDecoupled ? 0 : decay * (now[r * d + j] ?? Number.NaN)))
    const scalars = kind.scalars(parsed, t)
    const number = (name: string, rank: number) => {
      const values = runs.map((run) => run[name] ?? kind.numbers(parsed)[name] ?? Number.NaN)
      return reshape(tensor(Float64Array.from(values), [runs.length]), [runs.length, ...new Array<number>(rank - 1).fill(1)])
    }
    const next = kind.update(parsed, { gradients, parameters, state, number, scalar: (name) => scalar(scalars[name] ?? Number.NaN) })
    const shrink = (name: string, moved: Tensor) =>
      sub(moved, mul(mul(number('learningRate', moved.rank), scalar(decay)), parameters[name] as Tensor)) // the update keeps the names
    parameters = isDecoupled
      ? Object.fromEntries(Object.entries(next.parameters).map(([name, moved]) => [name, shrink(name, moved)]))
      : next.parameters
    state = next.state
  }
  const read = (tensors: Tensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, Float64Array.from(value.dataSync())]))
  const { v = new Float64Array(), w } = read(parameters)
  expect(w).toEqual(v) // a matrix is treated as its entries
  return { theta: v, state: read(state) }
}
const double = (settings: object, runs: readonly Numbers[] = [{}], more: { decay?: number } = {}) =>
  inFloat64(() => train(settings, runs, more))

/** One entry through the steps of a published rule: its parameter at the end, and what it remembers. */
type Rule = (j: number, η: number, μ: number) => { theta: number; remembered: readonly number[] }

/** Polyak 1964, as PyTorch's SGD with dampening 0: m ← μm + g, θ ← θ − ηm. */
const heavyBall: Rule = (j, η, μ) => {
  let [theta, m] = [start(j), 0]
  for (let t = 0; t < steps; t += 1) {
    m = μ * m + gradientAt(t, j)
    theta -= η * m
  }
  return { theta, remembered: [m] }
}

/** Sutskever et al. 2013 in PyTorch's variables: m ← μm + g, θ ← θ − η(g + μm). */
const nesterov: Rule = (j, η, μ) => {
  let [theta, m] = [start(j), 0]
  for (let t = 0; t < steps; t += 1) {
    m = μ * m + gradientAt(t, j)
    theta -= η * (gradientAt(t, j) + μ * m)
  }
  return { theta, remembered: [m] }
}

/** Kingma & Ba 2015, algorithm 1, line by line. */
const kingmaBa =
  (β1: number, β2: number, ε: number): Rule =>
  (j, α) => {
    let [theta, m, v] = [start(j), 0, 0]
    for (let t = 1; t <= steps; t += 1) {
      const g = gradientAt(t - 1, j)
      m = β1 * m + (1 - β1) * g
      v = β2 * v + (1 - β2) * g * g
      const mHat = m / (1 - β1 ** t)
      const vHat = v / (1 - β2 ** t)
      theta -= (α * mHat) / (Math.sqrt(vHat) + ε)
    }
    return { theta, remembered: [m, v] }
  }

/** PyTorch's RMSprop, not centred: v ← αv + (1 − α)g², b ← μb + g/(√v + ε), θ ← θ − ηb. */
const rmsprop =
  (α: number, ε: number): Rule =>
  (j, η, μ) => {
    let [theta, v, b] = [start(j), 0, 0]
    for (let t = 0; t < steps; t += 1) {
      const g = gradientAt(t, j)
      v = α * v + (1 - α) * g ** 2
      b = μ * b + g / (Math.sqrt(v) + ε)
      theta -= η * b
    }
    return { theta, remembered: μ > 0 ? [v, b] : [v] }
  }

const rules: readonly { readonly title: string; readonly settings: object; readonly rule: Rule }[] = [
  { title: 'sgd', settings: { kind: 'sgd' }, rule: (j, η) => ({ ...heavyBall(j, η, 0), remembered: [] }) },
  { title: 'sgd with momentum', settings: { kind: 'sgd', momentum: 0.9 }, rule: heavyBall },
  { title: "sgd with Nesterov's momentum", settings: { kind: 'sgd', momentum: 0.9, nesterov: true }, rule: nesterov },
  { title: 'adam', settings: { kind: 'adam' }, rule: kingmaBa(0.9, 0.999, 1e-8) },
  { title: 'adam of other β and ε', settings: { kind: 'adam', beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }, rule: kingmaBa(0.5, 0.9, 1e-3) },
  { title: 'adam without memory', settings: { kind: 'adam', beta1: 0, beta2: 0 }, rule: kingmaBa(0, 0, 1e-8) },
  { title: 'adamw', settings: { kind: 'adamw', beta1: 0.8 }, rule: kingmaBa(0.8, 0.999, 1e-8) },
  { title: 'rmsprop', settings: { kind: 'rmsprop' }, rule: rmsprop(0.99, 1e-8) },
  { title: 'rmsprop with momentum', settings: { kind: 'rmsprop', decay: 0.9, epsilon: 1e-3, momentum: 0.5 }, rule: rmsprop(0.9, 1e-3) },
]

/** Each run at numbers of its own; a momentum that the settings leave at 0 stays 0. */
const runsOf = (settings: object) =>
  [0.1, 0.02, 0.3].map((learningRate, r) => ({ learningRate, momentum: 'momentum' in settings ? ([0.9, 0.5, 0.1][r] ?? 0) : 0 }))

describe('update rules', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  describe.each(rules)('$title', ({ settings, rule }) => {
    const runs = runsOf(settings)
    const full = { learningRate: 1, ...settings }
    const ends = runs.flatMap(({ learningRate, momentum }) => Array.from({ length: d }, (_, j) => rule(j, learningRate, momentum)))

    test('follows its published formula for 20 steps, each run at its own numbers', () => {
      const { theta, state } = double(full, runs)
      expect(theta).toBeAllclose(ends.map((end) => end.theta)) // relative 1e-12: 20 steps of some ten roundings of 1.1e-16
      const names = Object.keys(state).filter((name) => name === 'v' || name.endsWith('/v')) // those of the parameter v
      expect(names).toHaveLength(ends[0]?.remembered.length ?? -1)
      for (const [k, name] of names.entries()) expect(state[name]).toBeAllclose(ends.map(({ remembered }) => remembered[k] ?? Number.NaN))
    })
    test('stays near it in float32 on wasm', () => {
      const { theta } = inScope(() => train(full, runs))
      // θ is below 2⁵ and is rounded at each of 20 steps; what is added has some ten roundings of its own
      expect(theta).toBeAllclose(ends.map((end) => end.theta), { absolute: 20 * 11 * 2 ** 5 * 2 ** -25 }) // prettier-ignore
    })
    test('keeps a state of the shapes that it names, and gradients of zero move nothing at the first step', () => {
      const parsed = parse.parse(full)
      const kind: OptimiserKind = optimiserKinds[parsed.kind] // as above
      const state = kind.state(parsed, shapes)
      const moved = inFloat64(() => {
        const zeros = (of: readonly { name: string; shape: readonly number[] }[]): Tensors =>
          Object.fromEntries(of.map(({ name, shape }) => [name, tensor(new Float64Array(d), [1, ...shape])]))
        const next = kind.update(parsed, {
          gradients: zeros(shapes),
          parameters: zeros(shapes),
          state: zeros(state),
          number: (_, rank) => tensor([0.1], new Array<number>(rank).fill(1)),
          scalar: (name) => scalar(kind.scalars(parsed, 0)[name] ?? Number.NaN),
        })
        const shapeOf = (tensors: Tensors) => Object.entries(tensors).map(([name, { shape }]) => ({ name, shape: shape.slice(1) }))
        return { parameters: shapeOf(next.parameters), state: shapeOf(next.state), values: [...(next.parameters['v']?.dataSync() ?? [])] }
      })
      expect(moved.parameters).toEqual(shapes)
      expect(moved.state.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([...state].sort((a, b) => a.name.localeCompare(b.name)))
      expect(moved.values).toEqual([0, 0, 0, 0])
    })
    test('a gradient that is missing is a bug', () => {
      const parsed = parse.parse(full)
      const kind: OptimiserKind = optimiserKinds[parsed.kind] // as above
      const update = () =>
        inScope(
          () =>
            void kind.update(parsed, {
              gradients: {},
              parameters: { v: tensor([1]) },
              state: {},
              number: () => tensor([1]),
              scalar: () => scalar(1),
            }),
        )
      expect(update).toThrow(/bug: \w+: the gradient.* of v is missing/)
    })
  })

  // Origin: core/testing/reference/optaxOptimisers.py, optax 0.2.8 in float64; γ = .03 is its weight_decay .06 (theory.md 0.2)
  test.each<readonly [string, object, readonly number[]]>([
    ['sgd', { kind: 'sgd' }, [0.9001778115580217, 0.7578749276869852, 0.2525645336991317, 0.06871275017425058]],
    ['sgd, momentum', { kind: 'sgd', momentum: 0.9 }, [0.27262854032811856, 1.4377880466776405, -0.46610396735287535, 0.8117524783527471]],
    ['sgd, nesterov', { kind: 'sgd', momentum: 0.9, nesterov: true }, [0.2455434978533286, 1.451884169696862, -0.46692903691845616, 0.7992899806917233]],
    ['adam', { kind: 'adam' }, [0.6387512884901048, 1.0486542929695577, -0.06598217205939999, 0.4127090190285683]],
    ['adam, betas', { kind: 'adam', beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }, [0.8509404867467236, 0.8216070836703858, 0.17211239316072885, 0.16795460479799756]],
    ['rmsprop', { kind: 'rmsprop' }, [-0.18240896873354345, 1.9309193830753633, -1.0184805952103566, 1.4467407273547421]],
    ['rmsprop, momentum', { kind: 'rmsprop', decay: 0.9, epsilon: 1e-3, momentum: 0.5 }, [0.3583372600067674, 1.3677238365482016, -0.4320350942049499, 0.8354506690301441]],
  ])('%s ends where optax ends', (_, settings, expected) => {
    expect(double({ learningRate: 0.1, ...settings }).theta).toBeAllclose(expected, { relative: 1e-12, absolute: 1e-13 })
  }) // prettier-ignore
  test.each<readonly [string, string, readonly number[]]>([
    ['adam with 2γθ in the gradient', 'adam', [0.5434385193113588, 0.9186352013978364, -0.06923700463539013, 0.37000986250355494]],
    ['adamw with θ − 2ηγθ beside its step', 'adamw', [0.5600030369657164, 0.9365695598973465, -0.06576178891840181, 0.37349747541526757]],
  ])('%s ends where optax ends', (_, kind, expected) => {
    expect(double({ kind, learningRate: 0.1 }, [{}], { decay: 0.06 }).theta).toBeAllclose(expected, { relative: 1e-12, absolute: 1e-13 }) // Origin: as above
  })
})

describe('settings of optimisers', () => {
  const shapeOf = (settings: object) => {
    const parsed = parse.parse({ learningRate: 0.1, ...settings })
    const kind: OptimiserKind = optimiserKinds[parsed.kind] // as above
    return JSON.stringify(kind.shapeOf(parsed))
  }
  test.each(['sgd', 'rmsprop'])(
    '%s: runs with and without momentum have other shapes, momenta and learning rates do not matter',
    (kind) => {
      expect(shapeOf({ kind, momentum: 0.9 })).toBe(shapeOf({ kind, momentum: 0.5, learningRate: 0.2 }))
      const others = [
        {},
        { momentum: 0.5 },
        { batch: 8 },
        { decoupled: true },
        { clip: { norm: 1 } },
        { clip: { value: 1 } },
        { schedule: { kind: 'cosine' } },
      ]
      expect(new Set(others.map((settings) => shapeOf({ kind, ...settings }))).size).toBe(others.length)
    },
  )
  test.each(['adam', 'adamw'])('%s: β, ε, clipping, batches and schedules are parts of the program', (kind) => {
    expect(shapeOf({ kind })).toBe(shapeOf({ kind, learningRate: 7 }))
    const others = [
      {},
      { beta1: 0.5 },
      { beta2: 0.5 },
      { epsilon: 1e-3 },
      { batch: 8 },
      { clip: { norm: 1 } },
      { clip: { norm: 2 } },
      { schedule: { kind: 'constant', warmUp: 5 } },
    ]
    expect(new Set(others.map((settings) => shapeOf({ kind, ...settings }))).size).toBe(others.length)
  })
  test('decay stands beside the step in adamw, and in sgd and rmsprop where they say so', () => {
    const isDecoupled = (settings: object) => {
      const parsed = parse.parse({ learningRate: 0.1, ...settings })
      const kind: OptimiserKind = optimiserKinds[parsed.kind] // as above
      return kind.isDecoupled(parsed)
    }
    expect(['sgd', 'adam', 'adamw', 'rmsprop'].map((kind) => isDecoupled({ kind }))).toEqual([false, false, true, false])
    expect(['sgd', 'rmsprop'].map((kind) => isDecoupled({ kind, decoupled: true }))).toEqual([true, true])
  })
  test("adam's corrections are 1/(1 − βᵗ), t from 1, and end at 1", () => {
    const settings = optimiserKinds.adam.settings.parse({ kind: 'adam', learningRate: 1 })
    const { firstCorrection, secondCorrection } = optimiserKinds.adam.scalars(settings, 0)
    expect([firstCorrection, secondCorrection]).toBeAllclose([10, 1000], { relative: 1e-12 }) // 1 − .999 has lost three of sixteen digits
    expect(Object.values(optimiserKinds.adam.scalars(settings, 1e6))).toEqual([1, 1])
  })
  test.each([
    { kind: 'sgd' },
    { kind: 'sgd', learningRate: 0 },
    { kind: 'sgd', learningRate: -1 },
    { kind: 'sgd', learningRate: Number.NaN },
    { kind: 'sgd', learningRate: 0.1, momentum: 1 },
    { kind: 'sgd', learningRate: 0.1, batch: 0 },
    { kind: 'sgd', learningRate: 0.1, batch: 'half' },
    { kind: 'sgd', learningRate: 0.1, clip: {} },
    { kind: 'sgd', learningRate: 0.1, clip: { norm: 1, value: 1 } },
    { kind: 'sgd', learningRate: 0.1, clip: { norm: 0 } },
    { kind: 'sgd', learningRate: 0.1, beta1: 0.9 },
    { kind: 'adam', learningRate: 0.1, beta1: 1 },
    { kind: 'adam', learningRate: 0.1, epsilon: 0 },
    { kind: 'adam', learningRate: 0.1, momentum: 0.9 },
    { kind: 'adamw', learningRate: 0.1, decoupled: false },
    { kind: 'rmsprop', learningRate: 0.1, decay: 1 },
    { kind: 'lion', learningRate: 0.1 },
  ])('%j is refused', (settings) => expect(parse.safeParse(settings).success).toBe(false))
})
