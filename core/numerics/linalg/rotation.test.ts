import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { hypotenuse, rotate } from './rotation.ts'

expect.extend({ toBeAllclose })

describe('hypotenuse', () => {
  test('agrees with Math.hypot over the whole range', () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(any, any, (a, b) => {
        // Some units in the last place of either; 5e-324 is the last place of a subnormal result
        expect(hypotenuse(a, b)).toBeAllclose(Math.hypot(a, b), { relative: 4 * 2 ** -52, absolute: 5e-324 })
      }),
    )
  })

  test('is 5 for 3 and 4 at any power of two, and keeps NaN before ±∞', () => {
    for (const scale of [1, 2 ** 1020, 2 ** -1070, 2 ** 480, 2 ** -480]) expect(hypotenuse(-3 * scale, 4 * scale)).toBe(5 * scale)
    expect(hypotenuse(0, 0)).toBe(0)
    expect(hypotenuse(Number.NEGATIVE_INFINITY, 1)).toBe(Number.POSITIVE_INFINITY)
    expect(hypotenuse(Number.POSITIVE_INFINITY, Number.NaN)).toBeNaN()
  })
})

describe('rotate', () => {
  test('by a quarter exchanges two vectors and turns the sign of one', () => {
    const [x, y] = [Float64Array.of(1, 2), Float64Array.of(3, 4)]
    rotate(x, y, { c: 0, s: 1 })
    expect([[...x], [...y]]).toEqual([
      [3, 4],
      [-1, -2],
    ])
  })
})
