import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { dotFrom, reflect, reflectAcross, reflectorOf } from './householder.ts'
import { powerOfTwoScale } from './scale.ts'
import { maxAbs, norm } from './vector.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const vectorOf = (n: number): fc.Arbitrary<Float64Array> =>
  fc
    .array(fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constant(0)), { minLength: n, maxLength: n })
    .map((v) => Float64Array.from(v))
const pair = fc
  .integer({ min: 1, max: 9 })
  .chain((n) => fc.tuple(vectorOf(n), vectorOf(n), fc.integer({ min: 0, max: n - 1 }), fc.constantFrom(1, 2 ** -1060, 2 ** 1000)))

/** The vector, enlarged by a power of two, exactly, where its largest entry is below 1. */
function inRoom(x: Float64Array): Float64Array {
  const largest = maxAbs(x)
  return largest > 0 && largest < 1 ? x.map((value) => value / powerOfTwoScale(largest)) : x
}

describe('reflectorOf and reflect', () => {
  test('take a vector to one entry of its length, leaving what stands before', () => {
    fc.assert(
      fc.property(pair, ([x, , from, scale]) => {
        const scaled = x.map((value) => value * scale)
        const { head, reflector } = reflectorOf(scaled, from)
        const tail = scaled.slice(from)
        const size = norm(tail)
        expect(Math.abs(head)).toBeAllclose(size, { relative: 16 * epsilon, absolute: 5e-324 })
        const roomy = inRoom(x) // H does not depend on the scale, and products need room above the subnormal numbers
        const image = roomy.slice()
        reflect(reflectorOf(x, from).reflector, image)
        expect(image.slice(0, from)).toEqual(roomy.slice(0, from))
        expect(image.slice(from + 1)).toBeAllclose(new Float64Array(tail.length - 1), { absolute: 16 * epsilon * norm(roomy), relative: 0 })
        expect(reflector.v[0]).toBe(1)
      }),
    )
  })

  test('keep lengths and are their own inverse, for vectors of any size', () => {
    fc.assert(
      fc.property(pair, ([x, y, from, scale]) => {
        const { reflector } = reflectorOf(
          x.map((value) => value * scale),
          from,
        )
        const twice = y.slice()
        reflect(reflector, twice)
        expect(norm(twice)).toBeAllclose(norm(y), { relative: 32 * epsilon })
        reflect(reflector, twice)
        expect(twice).toBeAllclose(y, { absolute: 32 * epsilon * norm(y), relative: 0 })
      }),
    )
  })

  test('leave a vector that has the form already, with its sign', () => {
    expect(reflectorOf(Float64Array.of(9, -2, 0, 0), 1)).toMatchObject({ head: -2, reflector: { tau: 0 } })
    expect(reflectorOf(new Float64Array(3), 0)).toMatchObject({ head: 0, reflector: { tau: 0 } })
  })
})

describe('reflectAcross and dotFrom', () => {
  test('reflect rows as reflect does columns, from a row on', () => {
    const { reflector } = reflectorOf(Float64Array.of(7, 3, 4, 12), 1)
    const rows = [Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7, 8), Float64Array.of(-1, 0, 2, 1)]
    const columns = [0, 1, 2, 3].map((j) => Float64Array.from(rows, (row) => row[j] ?? Number.NaN))
    reflectAcross(reflector, columns, 1)
    rows.slice(1).forEach((row) => reflect(reflector, row))
    for (const [j, column] of columns.entries()) {
      expect(column).toBeAllclose(
        rows.map((row) => row[j] ?? Number.NaN),
        { absolute: 16 * epsilon * 13, relative: 0 },
      )
    }
  })

  test('sum exactly for small whole numbers of any count', () => {
    for (let n = 0; n < 12; n++) {
      const v = Float64Array.from({ length: n }, (_, i) => i + 1)
      expect(
        dotFrom(
          v,
          Float64Array.from({ length: n + 2 }, () => 2),
          2,
        ),
      ).toBe(n * (n + 1))
    }
  })
})
