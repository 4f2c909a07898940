import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { below } from './below.ts'
import { drawNormal, drawUniform, fillBlock, permutation } from './draw.ts'
import { split } from './key.ts'
import type { Key } from './key.ts'
import { philox4x32 } from './philox.ts'

const key: Key = [0x12345678, 0x9abcdef0]
const n = 100_000
const keys = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))

const moment = (values: Float64Array, power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / values.length
const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0) / a.length

describe('fillBlock', () => {
  test('lays block and step out as two words each, low first', () => {
    const got = new Uint32Array(4)
    const expected = new Uint32Array(4)
    fillBlock(key, { block: 5 * 2 ** 32 + 7, step: 2 ** 53 - 1 }, got)
    philox4x32([7, 5, 2 ** 32 - 1, 2 ** 21 - 1], key, expected)
    expect(got).toEqual(expected)
  })
})

describe('drawUniform', () => {
  test('takes 53 bits from the published words of the zero counter and key', () => {
    const fraction = (a: bigint, b: bigint): number => Number(((a >> 5n) << 26n) | (b >> 6n)) / 2 ** 53 // exact: fewer than 54 bits
    expect([...drawUniform([0, 0], 2)]).toEqual([fraction(0x6627e8d5n, 0xe169c58dn), fraction(0xbc57ac4cn, 0x9b00dbd8n)])
  })

  // Each bound is 4 standard errors of the estimator: a true generator fails one such check in 16,000. The draws are fixed by the key.
  test('has the moments of the uniform distribution', () => {
    const values = drawUniform(key, n)
    expect(Math.abs(moment(values, 1) - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(4 * Math.sqrt((1 / 5 - 1 / 9) / n))
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
  })

  test('is unrelated between steps, purposes and neighbours', () => {
    const centred = (values: Float64Array): Float64Array => values.map((value) => value - 0.5)
    const values = centred(drawUniform(key, n))
    const bound = (4 * (1 / 12)) / Math.sqrt(n) // 4 standard errors: the product of two independent centred uniforms has deviation 1/12
    expect(Math.abs(product(values, centred(drawUniform(key, n, 1))))).toBeLessThan(bound)
    expect(Math.abs(product(values, centred(drawUniform(split(key, 'other'), n))))).toBeLessThan(bound)
    expect(Math.abs(product(values.subarray(1), values.subarray(0, n - 1)))).toBeLessThan(bound)
  })

  test('starts with the shorter draw', () => {
    fc.assert(
      fc.property(keys, fc.nat(40), fc.nat(40), fc.nat(), (anyKey, short, more, step) => {
        expect(drawUniform(anyKey, short + more, step).slice(0, short)).toEqual(drawUniform(anyKey, short, step))
      }),
    )
  })

  test('draws nothing for 0 and refuses what is no count or step', () => {
    expect(drawUniform(key, 0)).toEqual(new Float64Array(0))
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => drawUniform(key, bad)).toThrow(Refusal)
      expect(() => drawNormal(key, 1, bad)).toThrow(Refusal)
      expect(() => permutation(key, bad)).toThrow(Refusal)
    }
    expect(() => permutation(key, 2 ** 31)).toThrow('permutation: n: expected at most 2147483647, got 2147483648')
  })
})

describe('drawNormal', () => {
  // 4 standard errors; the variance of zᵏ is E z²ᵏ − (E zᵏ)²: 1, 2, 15, 96 for k = 1 … 4.
  test('has the first four moments of the standard normal distribution', () => {
    const values = drawNormal(key, n)
    expect(Math.abs(moment(values, 1))).toBeLessThan(4 * Math.sqrt(1 / n))
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(moment(values, 3))).toBeLessThan(4 * Math.sqrt(15 / n))
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
  })

  test('has the normal share beyond 1.96 on either side', () => {
    const beyond = drawNormal(key, n).filter((value) => Math.abs(value) > 1.959963984540054).length / n
    expect(Math.abs(beyond - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / n)) // 4 standard errors of a share
  })

  test('is unrelated within its pairs and between steps', () => {
    const values = drawNormal(key, n)
    const even = values.filter((_, i) => i % 2 === 0)
    const odd = values.filter((_, i) => i % 2 === 1)
    expect(Math.abs(product(even, odd))).toBeLessThan(4 / Math.sqrt(n / 2)) // 4 standard errors of a product of standard normals
    expect(
      Math.abs(
        product(
          even.map((z) => z * z - 1),
          odd.map((z) => z * z - 1),
        ),
      ),
    ).toBeLessThan((4 * 2) / Math.sqrt(n / 2))
    expect(Math.abs(product(values, drawNormal(key, n, 1)))).toBeLessThan(4 / Math.sqrt(n))
  })

  test('starts with the shorter draw, of even and odd length', () => {
    fc.assert(
      fc.property(keys, fc.nat(40), fc.nat(40), fc.nat(), (anyKey, short, more, step) => {
        const long = drawNormal(anyKey, short + more, step)
        expect(long.slice(0, short)).toEqual(drawNormal(anyKey, short, step))
        expect(long.every(Number.isFinite)).toBe(true)
      }),
    )
  })
})

describe('permutation', () => {
  test('holds each of 0 … n − 1 once', () => {
    fc.assert(
      fc.property(keys, fc.nat(60), fc.nat(), (anyKey, size, step) => {
        expect([...permutation(anyKey, size, step)].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
      }),
    )
  })

  // χ² with 5 degrees of freedom exceeds 25.75 with probability 1e-4.
  test('takes each of the six orders of three equally often', () => {
    const draws = 6_000
    const counts = new Map<string, number>()
    for (let step = 0; step < draws; step++) {
      const order = permutation(key, 3, step).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - draws / 6) ** 2 / (draws / 6), 0)
    expect(chiSquare).toBeLessThan(25.75)
  })

  test('depends on key and step', () => {
    expect(permutation(key, 50, 1)).toEqual(permutation(key, 50, 1))
    expect(permutation(key, 50, 1)).not.toEqual(permutation(key, 50, 2))
    expect(permutation(key, 50, 1)).not.toEqual(permutation(split(key, 'other'), 50, 1))
  })
})

describe('below', () => {
  const from = (...words: number[]): (() => number) => {
    const left = words.values()
    return () => left.next().value ?? Number.NaN
  }

  test('throws away the words that would favour small numbers', () => {
    expect(below(3 * 2 ** 30, from(2 ** 32 - 1, 3 * 2 ** 30, 3 * 2 ** 30 - 1))).toBe(3 * 2 ** 30 - 1)
    expect(below(3, from(2 ** 32 - 1, 5))).toBe(2) // 2³² = 3 · 1431655765 + 1
    expect(below(3, from(2 ** 32 - 2))).toBe(2)
  })

  test('keeps every word for a power of two', () => {
    expect(below(2 ** 32, from(2 ** 32 - 1))).toBe(2 ** 32 - 1)
    expect(below(4, from(2 ** 32 - 1))).toBe(3)
    expect(below(1, from(7))).toBe(0)
  })
})
