import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { mirrorDistance } from './mirrorDistance.ts'

expect.extend({ toBeAllclose })

const half = Math.SQRT1_2
const columns = (...vectors: readonly (readonly number[])[]): Matrix => ({
  rows: vectors[0]?.length ?? 0,
  columns: vectors.length,
  values: Float64Array.from(
    { length: (vectors[0]?.length ?? 0) * vectors.length },
    (_, place) => vectors[place % vectors.length]?.[Math.floor(place / vectors.length)] ?? Number.NaN,
  ),
})
const distance = (theta: readonly number[], o: Matrix) => mirrorDistance(Float64Array.from(theta), o)
const plane = columns([half, half, 0], [0, 0, 1]) // d = 3, k = 2
const vector = fc
  .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 })
  .filter((theta) => Math.hypot(...theta) > 1e-3)

describe('mirrorDistance', () => {
  // Origin: theory.md section 3, fixtures.py; O by hand from its table
  test.each([
    ['rescaling, n₂', [3, 1], columns([half, -half]), 0.4472135955],
    ['rescaling, n₁', [3, 1], columns([half, half]), 0.894427191],
    ['rescaling of vectors', [1, 2, 2, 0], columns([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]), 1],
    ['rotation, W by columns', [1, 3, 2, 4], columns([0.6, 0, 0.8, 0], [0, 0.6, 0, 0.8]), 0.9973297683],
    [
      'permutation',
      [1, 0.5, 2, 1, -0.5, 1],
      columns([half, 0, 0, -half, 0, 0], [0, half, 0, 0, -half, 0], [0, 0, half, 0, 0, -half]),
      0.3651483717,
    ],
    ['sign flip', [0.5, 1, -1, 2, 0, 1], columns([1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]), 0.5570860145],
  ])('of the handbook: %s', (_, theta, o, expected) => expect(distance(theta, o)).toBeAllclose(expected, { absolute: 5e-11 })) // ten printed digits

  test('depends on the mirror and not on the basis: O and OQ agree', () => {
    fc.assert(
      fc.property(vector, fc.double({ min: 0, max: 7, noNaN: true }), fc.boolean(), (theta, angle, isFlipped) => {
        const [c, s, sign] = [Math.cos(angle), Math.sin(angle), isFlipped ? -1 : 1]
        const turned = columns([half * c, half * c, s], [-sign * half * s, -sign * half * s, sign * c]) // OQ, Q a rotation or a reflection
        expect(distance(theta, turned)).toBeAllclose(distance(theta, plane), { absolute: 1e-14 }) // a dozen roundings of numbers ≤ 1
      }),
    )
  })
  test('does not know the size or the sign of θ, from 1e-150 to 1e150', () => {
    fc.assert(
      fc.property(vector, fc.constantFrom(-1, 2, 1e150, -1e-150), (theta, scale) => {
        expect(
          distance(
            theta.map((value) => scale * value),
            plane,
          ),
        ).toBeAllclose(distance(theta, plane), { absolute: 1e-15 * 4 }) // scale · θ rounds once
      }),
    )
  })
  test('is ‖θ − Rθ‖ / 2‖θ‖, and of Rθ the same', () => {
    fc.assert(
      fc.property(vector, (theta) => {
        const [a = 0, b = 0, c = 0] = theta
        const image = [-b, -a, -c] // R = I − 2OOᵀ of this plane: (x + y)/√2 and z change their signs
        const apart = Math.hypot(...theta.map((value, i) => value - (image[i] ?? 0)))
        expect(distance(theta, plane)).toBeAllclose(apart / 2 / Math.hypot(a, b, c), { absolute: 1e-14 })
        expect(distance(image, plane)).toBeAllclose(distance(theta, plane), { absolute: 1e-15 * 4 })
      }),
    )
  })
  test('is 0 on the mirror, 1 across it, and never more than 1', () => {
    expect(distance([1, -1, 0], plane)).toBe(0)
    expect(distance([2, 2, -3], plane)).toBeAllclose(1)
    fc.assert(fc.property(vector, (theta) => void expect(distance(theta, plane)).toBeLessThanOrEqual(1)))
  })
  test('of θ = 0 is 0, of NaN and ±∞ NaN', () => {
    expect(distance([0, 0, 0], plane)).toBe(0)
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(distance([bad, 1, 0], plane)).toBeNaN()
      expect(distance([1, 1, bad], plane)).toBeNaN()
    }
  })
  test('refuses shapes that disagree', () => expect(() => distance([1, 2], plane)).toThrow('expected 3 entries, got 2'))
  test('of isotropic θ has the mean square k / d', () => {
    const theta = drawNormal(split(rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 }), 'theta'), 3 * 20_000)
    let sum = 0
    for (let i = 0; i < 20_000; i += 1) sum += mirrorDistance(theta.subarray(3 * i, 3 * i + 3), plane) ** 2
    // r² is Beta(k/2, (d − k)/2) = Beta(1, ½): variance ab/((a + b)²(a + b + 1)) = .0889; four standard errors of 20,000 draws
    expect(sum / 20_000).toBeAllclose(2 / 3, { absolute: 4 * Math.sqrt(0.0889 / 20_000) })
  })
})
