import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dot } from '#core/numerics/linalg/vector.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { differenceFactor, permutationPair, permutationPairMinimum, splitReluNeuron } from './permutationPair.ts'
import { ridge } from './ridge.ts'

expect.extend({ toBeAllclose })

const real = fc.double({ min: -5, max: 5, noNaN: true })
const decay = fc.double({ min: 1e-3, max: 5, noNaN: true })

describe('permutationPairMinimum', () => {
  test('carries its number', () => expect(permutationPair.number).toBe('8.17'))

  // Origin: theory.md 8.17
  test.each([
    [0.1, 0.47619048],
    [0.5, 0.4],
  ])('of y = 1 at γ = %d is twice %d', (weightDecay, expected) =>
    expect(permutationPairMinimum(1, { weightDecay })).toBeAllclose([expected, expected], { absolute: 5e-9 }),
  ) // eight printed digits

  test('no other pair costs less, and ridge on two equal columns agrees', () => {
    fc.assert(
      fc.property(real, decay, real, real, (y, weightDecay, p, q) => {
        const cost = (a: number, b: number) => (a + b - y) ** 2 + weightDecay * (a * a + b * b)
        const [a, b] = permutationPairMinimum(y, { weightDecay })
        expect(cost(a, b)).toBeLessThanOrEqual(cost(p, q) + 1e-12) // costs below 500
        const equal = ridge({ x: { rows: 1, columns: 2, values: Float64Array.of(1, 1) }, y: Float64Array.of(y) }, weightDecay)
        expect([a, b]).toBeAllclose(equal, { absolute: 1e-10 }) // condition 2/γ ≤ 2,000
      }),
    )
  })

  test('without decay keeps the difference of the start, and with it forgets it', () => {
    const [a, b] = permutationPairMinimum(1, { weightDecay: 0, difference: 0.4 })
    expect([a + b, a - b]).toBeAllclose([1, 0.4])
    expect(permutationPairMinimum(1, { weightDecay: 0.1, difference: 0.4 })).toEqual(permutationPairMinimum(1, { weightDecay: 0.1 }))
    expect(permutationPairMinimum(1, { weightDecay: 1e-12 })).toBeAllclose([0.5, 0.5], { absolute: 1e-12 })
  })

  test('refuses NaN, ∞ and negative decay', () => {
    expect(() => permutationPairMinimum(Number.NaN, { weightDecay: 0 })).toThrow('permutationPairMinimum: y')
    expect(() => permutationPairMinimum(1, { weightDecay: -1 })).toThrow('permutationPairMinimum: weightDecay')
    expect(() => permutationPairMinimum(1, { weightDecay: 0, difference: Number.POSITIVE_INFINITY })).toThrow(
      'permutationPairMinimum: difference',
    )
  })
})

describe('differenceFactor', () => {
  test('is what gradient descent does to the difference at every step', () => {
    let [a, b] = [0.9, -0.2]
    for (let step = 0; step < 50; step += 1) {
      const slope = 2 * (a + b - 1)
      const next = [a - 0.01 * (slope + 2 * 0.5 * a), b - 0.01 * (slope + 2 * 0.5 * b)] as const
      expect(next[0] - next[1]).toBeAllclose((a - b) * differenceFactor({ learningRate: 0.01, weightDecay: 0.5 }))
      ;[a, b] = next
    }
  })
  test('refuses negative rates', () =>
    expect(() => differenceFactor({ learningRate: -1, weightDecay: 0 })).toThrow('differenceFactor: learningRate'))
})

describe('splitReluNeuron', () => {
  test('keeps function and L2', () => {
    fc.assert(
      fc.property(
        real,
        fc.array(real, { minLength: 2, maxLength: 2 }),
        fc.array(real, { minLength: 2, maxLength: 2 }),
        fc.integer({ min: 1, max: 50 }),
        (u, w, x, copies) => {
          const [whole, at] = [Float64Array.from(w), Float64Array.from(x)]
          const part = splitReluNeuron({ u, w: whole }, copies)
          expect(copies * part.u * Math.max(dot(part.w, at), 0)).toBeAllclose(u * Math.max(dot(whole, at), 0), { absolute: 1e-11 }) // values below 500
          expect(copies * (part.u ** 2 + dot(part.w, part.w))).toBeAllclose(u * u + dot(whole, whole), { absolute: 1e-12 })
        },
      ),
    )
  })
  test('refuses no copies', () => expect(() => splitReluNeuron({ u: 1, w: new Float64Array() }, 0)).toThrow('splitReluNeuron: copies'))
})
