import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { stepDraws, type Draw } from './draws.ts'
import { gradientDraw, gradientNoise, type GradientNoise } from './gradientNoise.ts'
import { labelDraws, labelNoise, type LabelNoiseName } from './labelNoise.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 11, cell: '0'.repeat(64), replicate: 1 })
const count = 20_000
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
const squares = (values: Float64Array) => mean(values.map((value) => value ** 2))

/** Mean 0 and variance 1 within four standard errors, 1/√n and √((κ − 1)/n), κ the fourth moment. */
function expectStandard(values: Float64Array, κ: number): void {
  expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(values.length))
  expect(Math.abs(squares(values) - 1)).toBeLessThan(4 * Math.sqrt((κ - 1) / values.length) + 1e-12) // binary squares are exactly 1
}
/** Steps one after another. */
const stepsOf = (draws: (step: number) => Float64Array, steps: number) =>
  Array.from({ length: steps }, (_, step) => Float64Array.from(draws(step)))

describe('label noise', () => {
  test.each<[LabelNoiseName, number]>([
    ['gaussian', 3],
    ['binary', 1],
    ['uniform', 9 / 5],
  ])('%s has mean 0, variance 1 and fourth moment %d', (name, κ) => {
    const values = labelDraws[name](key, count, 0)
    expectStandard(values, κ)
    // the variance of z⁴ is at most 96, of the normal
    expect(Math.abs(mean(values.map((value) => value ** 4)) - κ)).toBeLessThan(4 * Math.sqrt(96 / count))
  })
  test('binary is ±1 and uniform within ±√3', () => {
    expect(new Set(labelDraws.binary(key, 100, 0))).toEqual(new Set([-1, 1]))
    expect(Math.max(...labelDraws.uniform(key, 1000, 0).map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(3))
  })
  test.each([{ kind: 'cauchy', std: 1 }, { kind: 'gaussian' }, { kind: 'gaussian', std: -1 }, { kind: 'binary', std: Number.NaN }])('%j is refused', (settings) =>
    expect(labelNoise.safeParse(settings).success).toBe(false),
  ) // prettier-ignore
})

describe('gradient noise', () => {
  const parse = (settings: object): GradientNoise => gradientNoise.parse({ std: 1, ...settings })
  test.each(['isotropic', 'multiplicative'])('%s is standard normal', (kind) =>
    expectStandard(gradientDraw(parse({ kind }), 1)(key, count, 0), 3),
  )
  test('anisotropic falls geometrically from 1 to 1/ratio over the entries of a parameter, at every step', () => {
    const size = 5
    const draw = gradientDraw(parse({ kind: 'anisotropic', ratio: 81 }), size)
    const steps = stepsOf(stepDraws(key, size, draw), count)
    for (let j = 0; j < size; j += 1)
      expectStandard(
        Float64Array.from(steps, (step) => (step[j] ?? Number.NaN) * 3 ** j),
        3,
      ) // 81^(j/4)
  })
  test('anisotropic of one entry, and of ratio 1, is isotropic', () => {
    for (const [settings, size] of [
      [{ ratio: 50 }, 1],
      [{ ratio: 1 }, 4],
    ] as const)
      // prettier-ignore
      expect(gradientDraw(parse({ kind: 'anisotropic', ...settings }), size)(key, 12, 3)).toEqual(drawNormal(key, 12, 3))
  })
  test("heavy-tailed has the variance ν/(ν − 2) of Student's t", () => {
    const values = gradientDraw(parse({ kind: 'heavy-tailed', degrees: 10 }), 1)(key, count, 0)
    expect(values).toHaveLength(count)
    expectStandard(
      values.map((value) => value / Math.sqrt(10 / 8)),
      3 + 6 / 6,
    ) // the fourth moment of t is 3 + 6/(ν − 4) in units of the variance
  })
  test.each([
    [1, 1 / 2], // Cauchy
    [2, 1 / Math.sqrt(3)], // F(t) = ½ + t/(2√(2 + t²))
    [3, 1 / 3 + Math.sqrt(3) / (2 * Math.PI)], // F(t) = ½ + [atan(t/√3) + √3t/(3 + t²)]/π
  ])('heavy-tailed of %d degrees is within ±1 with the probability %d', (degrees, probability) => {
    const inside = gradientDraw(parse({ kind: 'heavy-tailed', degrees }), 1)(key, count, 0).filter((value) => Math.abs(value) < 1).length
    expect(Math.abs(inside / count - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / count)) // four standard errors of a share
  })
  test.each([
    { kind: 'isotropic', std: -1 },
    { kind: 'isotropic' },
    { kind: 'anisotropic', std: 1, ratio: 0.5 },
    { kind: 'heavy-tailed', std: 1, degrees: 0 },
    { kind: 'heavy-tailed', std: 1, degrees: 1.5 },
    { kind: 'isotropic', std: 1, degrees: 3 },
    { kind: 'pink', std: 1 },
  ])('%j is refused', (settings) => expect(gradientNoise.safeParse(settings).success).toBe(false))
})

const draws: readonly (readonly [string, Draw])[] = [
  ...Object.entries(labelDraws),
  ...[{ kind: 'isotropic' }, { kind: 'anisotropic' }, { kind: 'heavy-tailed' }].map(
    (settings) => [settings.kind, gradientDraw(gradientNoise.parse({ std: 1, ...settings }), 7)] as const,
  ),
]

describe('draws of steps', () => {
  test.each(draws)('%s: a step has the same numbers whatever is asked before it', (_, draw) => {
    const steps = 150 // more than two blocks
    const inOrder = stepsOf(stepDraws(key, 7, draw), steps)
    const backwards = stepDraws(key, 7, draw)
    for (let step = steps - 1; step >= 0; step -= 1) expect(Float64Array.from(backwards(step))).toEqual(inOrder[step])
    for (const step of [0, 63, 64, 149]) expect(Float64Array.from(stepDraws(key, 7, draw)(step))).toEqual(inOrder[step])
  })
  test.each([
    [1, 64],
    [64, 64],
    [65, 63],
    [100, 40],
    [4096, 1],
    [5000, 1],
  ])('of %d numbers come in blocks of %d steps, block t/B one draw of the key', (size, steps) => {
    const asked: number[][] = []
    const draw: Draw = (from, length, block) => {
      asked.push([length, block])
      return drawNormal(from, length, block)
    }
    const of = stepDraws(key, size, draw)
    for (const step of [0, steps - 1, steps, 3 * steps + (steps - 1)]) {
      const place = (step % steps) * size
      expect(of(step)).toEqual(drawNormal(key, steps * size, Math.floor(step / steps)).subarray(place, place + size))
    }
    expect(asked).toEqual((steps === 1 ? [0, 0, 1, 3].slice(1) : [0, 1, 3]).map((block) => [steps * size, block])) // the last block is kept
  })
  test('of different steps are independent', () => {
    const steps = stepsOf(stepDraws(key, 10, drawNormal), 2_000)
    for (const lag of [1, 2, 64]) {
      const products = steps.slice(lag).flatMap((step, t) => Array.from(step, (value, i) => value * (steps[t]?.[i] ?? Number.NaN)))
      expect(Math.abs(mean(products))).toBeLessThan(4 / Math.sqrt(products.length)) // a product of independent unit normals has variance 1
    }
    expect(new Set(steps.flatMap((step) => [...step])).size).toBe(20_000) // no number comes twice: by chance 2e8 pairs of 2⁵³
  })
  test('of one step are independent, and so are those of two keys', () => {
    const steps = stepsOf(stepDraws(key, 2, drawNormal), 10_000)
    expect(Math.abs(mean(steps.map(([a = 0, b = 0]) => a * b)))).toBeLessThan(4 / Math.sqrt(10_000))
    const others = stepsOf(stepDraws(split(key, 'other'), 2, drawNormal), 10_000)
    expect(Math.abs(mean(steps.map(([a = 0], t) => a * (others[t]?.[0] ?? Number.NaN))))).toBeLessThan(4 / Math.sqrt(10_000))
  })
  test('of no numbers are empty', () => expect(stepDraws(key, 0, drawNormal)(5)).toHaveLength(0))
})
