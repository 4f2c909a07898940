import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { linear } from './linear.ts'
import { factorNames, productLinear } from './productLinear.ts'
import { modelKinds } from './registry.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const product = (depth: number, std = 0.5) => productLinear.settings.parse({ kind: 'product-linear', depth, init: { std } })
const plain = linear.settings.parse({ kind: 'linear', init: { std: 0.5 } })
const number = fc.double({ min: -3, max: 3, noNaN: true })

describe('linear', () => {
  test('has one parameter, which is its coefficients', () => {
    expect(linear.parameters(plain, 3)).toEqual([{ name: 'v', shape: [3] }])
    expect([...linear.coefficients(plain, { v: Float64Array.of(1, -2, 3) })]).toEqual([1, -2, 3])
  })
  test('parameters that are missing are a bug', () => expect(() => linear.coefficients(plain, {})).toThrow('bug: linear'))
})

describe('product-linear', () => {
  test('calls its factors u and w at depth 2, u1 … uD beyond', () => {
    expect(factorNames(2)).toEqual(['u', 'w'])
    expect(factorNames(4)).toEqual(['u1', 'u2', 'u3', 'u4'])
  })
  test('has a factor of every feature at each depth', () => {
    expect(productLinear.parameters(product(3), 5)).toEqual([1, 2, 3].map((k) => ({ name: `u${k}`, shape: [5] })))
  })
  test.each([2, 3, 5, 16])('its coefficients are the products of its %d factors', (depth) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 4 }), (pairs) => {
        const values = (k: number) => Float64Array.from(pairs, ([a, b]) => (k % 2 === 0 ? a : b) + k / 8)
        const parameters = Object.fromEntries(factorNames(depth).map((name, k) => [name, values(k)]))
        const expected = pairs.map((_, j) =>
          Math.exp(Array.from({ length: depth }, (_, k) => Math.log(Math.abs(values(k)[j] ?? 0))).reduce((p, q) => p + q, 0)),
        )
        // by logarithms: absolute error of a sum of 16 logarithms of size ≤ 40 is below 1e-12, that is the relative error of the product
        expect(productLinear.coefficients(product(depth), parameters).map(Math.abs)).toBeAllclose(expected, {
          relative: 1e-12,
          absolute: 1e-300,
        })
      }),
      { numRuns: 30 },
    )
  })
  test('an odd number of negative factors makes a negative coefficient', () => {
    const parameters = { u1: Float64Array.of(-1, -1, -1), u2: Float64Array.of(2, -2, -2), u3: Float64Array.of(3, 3, -3) }
    expect([...productLinear.coefficients(product(3), parameters)]).toEqual([-6, 6, -6])
  })
  test('a factor that is missing is a bug or NaN, never a wrong number', () => {
    expect(() => productLinear.coefficients(product(2), {})).toThrow('bug: product-linear')
    expect([...productLinear.coefficients(product(2), { u: Float64Array.of(1) })]).toEqual([Number.NaN])
  })
  test('a depth of 1, and one that is no whole number, are refused', () => {
    for (const depth of [1, 2.5, 17]) expect(productLinear.settings.safeParse({ kind: 'product-linear', depth }).success).toBe(false)
  })
})

describe.each([
  ['linear', modelKinds.linear.parameters(plain, 4000), modelKinds.linear.init(plain, 4000, key)],
  ['product-linear of depth 3', productLinear.parameters(product(3), 4000), productLinear.init(product(3), 4000, key)],
])('initial values of %s', (_, shapes, start) => {
  test('have the names and sizes of the parameters', () => {
    expect(Object.entries(start).map(([name, values]) => [name, [values.length]])).toEqual(shapes.map(({ name, shape }) => [name, shape]))
  })
  test('are normal with mean 0 and the asked deviation', () => {
    for (const values of Object.values(start)) {
      const mean = values.reduce((sum, value) => sum + value, 0) / 4000
      const square = values.reduce((sum, value) => sum + value ** 2, 0) / 4000
      // four standard errors: 0.5/√n of the mean, 0.25·√(2/n) of the square
      expect(Math.abs(mean)).toBeLessThan((4 * 0.5) / Math.sqrt(4000))
      expect(Math.abs(square - 0.25)).toBeLessThan(4 * 0.25 * Math.sqrt(2 / 4000))
    }
  })
})

describe('initial values', () => {
  test('differ from factor to factor: u = w would stay so for ever', () => {
    const { u1, u2, u3 } = productLinear.init(product(3), 4, key)
    expect(u1).not.toEqual(u2)
    expect(u2).not.toEqual(u3)
  })
  test('follow from the key alone', () => {
    expect(productLinear.init(product(2), 4, key)).toEqual(productLinear.init(product(2), 4, key))
    expect(productLinear.init(product(2), 4, split(key, 'a'))).not.toEqual(productLinear.init(product(2), 4, key))
  })
  test('are proportional to their deviation, 0 included', () => {
    const [one, two, none] = [0.5, 1, 0].map((std) => productLinear.init(product(2, std), 4, key))
    expect(one?.['u']?.map((value) => 2 * value)).toEqual(two?.['u']) // a power of two rounds nothing
    expect(none?.['u']).toBeAllclose([0, 0, 0, 0])
  })
})

test('every model is in the registry by its own name, with a title in both languages', () => {
  for (const [name, { kind, title }] of Object.entries(modelKinds)) {
    expect(kind).toBe(name)
    expect(Object.values(title).every((words) => words.length > 0)).toBe(true)
  }
})
