import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { powerOfTwoScale } from './scale.ts'
import { dot, maxAbs, norm } from './vector.ts'

const unit = 2 ** -53
const vector = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 40 })
  .map((values) => Float64Array.from(values, (value) => (Math.abs(value) < 1e-100 ? 0 : value))) // no underflow, which the bounds leave out
const pair = fc.nat(40).chain((n) => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: n, maxLength: n })
  return fc.tuple(values, values)
})

describe('dot', () => {
  test('equals the exact sum of products for small whole numbers', () => {
    fc.assert(
      fc.property(pair, ([x, y]) => {
        const exact = x.reduce((sum, value, i) => sum + BigInt(value) * BigInt(y[i] ?? 0), 0n)
        expect(dot(Float64Array.from(x), Float64Array.from(y))).toBe(Number(exact))
      }),
    )
  })

  test('is 0 for empty vectors, keeps NaN, and refuses other lengths', () => {
    expect(dot(new Float64Array(0), new Float64Array(0))).toBe(0)
    expect(dot(Float64Array.of(1, Number.NaN), Float64Array.of(0, 0))).toBeNaN()
    expect(() => dot(Float64Array.of(1), Float64Array.of(1, 2))).toThrow(new Refusal('invalid-input', 'dot: y: expected 1 entries, got 2'))
  })
})

describe('norm', () => {
  test('equals known lengths', () => {
    expect(norm(Float64Array.of(3, -4))).toBe(5)
    expect(norm(Float64Array.of(-7))).toBe(7)
    expect(norm(new Float64Array(0))).toBe(0)
    expect(norm(new Float64Array(5))).toBe(0)
  })

  test('survives squares beyond the range of float64', () => {
    // 3, 4, 5 times a power of two is exact
    expect(norm(Float64Array.of(3 * 2 ** 1020, 4 * 2 ** 1020))).toBe(5 * 2 ** 1020)
    expect(norm(Float64Array.of(3 * 2 ** -1060, 4 * 2 ** -1060))).toBe(5 * 2 ** -1060)
    expect(norm(Float64Array.of(Number.MAX_VALUE))).toBe(Number.MAX_VALUE)
    expect(norm(Float64Array.of(Number.MIN_VALUE))).toBe(Number.MIN_VALUE)
  })

  test('squared is the product with itself', () => {
    fc.assert(
      fc.property(vector, (x) => {
        const squared = dot(x, x)
        // n rounding errors in either, and the square doubles the norm's
        expect(Math.abs(norm(x) ** 2 - squared)).toBeLessThanOrEqual(2 * (x.length + 4) * unit * squared)
      }),
    )
  })

  test('obeys the triangle inequality and scales exactly with powers of two', () => {
    fc.assert(
      fc.property(vector, (x) => {
        const reversed = x.toReversed()
        const total = norm(x) + norm(reversed)
        expect(norm(x.map((value, i) => value + (reversed[i] ?? 0)))).toBeLessThanOrEqual(total * (1 + 2 * (x.length + 4) * unit))
        expect(norm(x.map((value) => value * 2 ** 40))).toBe(norm(x) * 2 ** 40)
      }),
    )
  })

  test('keeps NaN before ±∞', () => {
    expect(norm(Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY))).toBeNaN()
    expect(norm(Float64Array.of(1, Number.NEGATIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('maxAbs', () => {
  test('is the largest size, 0 for nothing, and keeps NaN wherever it stands', () => {
    expect(maxAbs(Float64Array.of(1, -3, 2))).toBe(3)
    expect(maxAbs(new Float64Array(0))).toBe(0)
    expect(maxAbs(Float64Array.of(Number.NaN, 5))).toBeNaN()
    expect(maxAbs(Float64Array.of(5, Number.NaN))).toBeNaN()
    expect(maxAbs(Float64Array.of(5, Number.NEGATIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('powerOfTwoScale', () => {
  test('is a power of two within a factor of two of the size', () => {
    for (const size of [Number.MIN_VALUE, 1e-310, 2 ** -1022, 0.1, 1, 3, 2 ** 1023, Number.MAX_VALUE]) {
      const scale = powerOfTwoScale(size)
      expect(Number.isInteger(Math.log2(scale))).toBe(true)
      expect(size / scale).toBeGreaterThanOrEqual(0.5)
      expect(size / scale).toBeLessThanOrEqual(2)
    }
  })
})
