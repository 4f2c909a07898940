import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { asymmetricBranch, residual, residualMinimum, symmetricBranch } from './residual.ts'

expect.extend({ toBeAllclose })

const value = fc.double({ min: 0, max: 4, noNaN: true })
const decay = fc.double({ min: 0, max: 6, noNaN: true })
const cost = (a: number, b: number, { s, weightDecay }: { s: number; weightDecay: number }) =>
  ((1 + a) * (1 + b) - s) ** 2 + weightDecay * (a * a + b * b)

describe('residualMinimum', () => {
  test('carries its number', () => expect(residual.number).toBe('8.19'))

  // Origin: theory.md 8.19, E4
  test.each([
    [1, 2, 1.754878, 'symmetric'],
    [1, 1, 1, 'symmetric'],
    [1, 0.3, 0.595674, 'symmetric'],
    [1, 0, 0.465571, 'symmetric'],
    [5, 2, 1.332112, 'symmetric'],
    [5, 0.3, 0.820361, 'symmetric'],
    [5, 0, 0.754866, 'symmetric'],
    [0.2, 2, 1.943464, 'symmetric'],
    [0.2, 0.3, 0.411701, 'symmetric'],
    [0.2, 0, 0.2, 'asymmetric'],
    [0.1, 0.1, 0.2, 'asymmetric'],
    [0.05, 0, 0.05, 'asymmetric'],
  ])('at γ = %d of s = %d is %d, %s', (weightDecay, s, product, branch) => {
    const at = residualMinimum({ s, weightDecay })
    expect(at.product).toBeAllclose(product, { absolute: 5e-7 }) // six printed digits
    expect(at.branch).toBe(branch)
  })

  test('no offsets cost less', () => {
    const offset = fc.double({ min: -3, max: 2, noNaN: true })
    fc.assert(
      fc.property(value, decay, offset, offset, (s, weightDecay, a, b) => {
        expect(residualMinimum({ s, weightDecay }).cost).toBeLessThanOrEqual(cost(a, b, { s, weightDecay }) + 1e-12) // costs below 500
      }),
    )
  })

  test('of a grid finds nothing below it, on both sides of the break', () => {
    for (const target of [
      { s: 0, weightDecay: 0.2 },
      { s: 0.1, weightDecay: 0.14 },
      { s: 0.1, weightDecay: 0.16 },
      { s: 2, weightDecay: 0.05 },
    ]) {
      const grid = Array.from({ length: 181 }, (_, i) => -2.2 + i / 50)
      const least = Math.min(...grid.flatMap((a) => grid.map((b) => cost(a, b, target))))
      expect(residualMinimum(target).cost).toBeLessThanOrEqual(least + 1e-15)
      expect(residualMinimum(target).cost).toBeGreaterThan(least - 2e-3) // curvature below 10 over half of a grid of .02
    }
  })

  test('is 0 only without decay: full rank', () => {
    const none = fc.oneof(fc.constant(0), fc.double({ min: 1e-12, max: 4, noNaN: true }))
    fc.assert(
      fc.property(none, none, (s, weightDecay) => {
        expect(residualMinimum({ s, weightDecay }).product > 1e-16).toBe(s > 0 || weightDecay > 0)
      }),
    )
    expect(residualMinimum({ s: 0, weightDecay: 0 }).product).toBeAllclose(0, { absolute: 1e-300 })
  })
})

describe('the branches', () => {
  test('are stationary, cost what they say, and multiply to their product', () => {
    fc.assert(
      fc.property(fc.double({ min: -2, max: 4, noNaN: true }), decay, (s, weightDecay) => {
        for (const at of [symmetricBranch({ s, weightDecay }), asymmetricBranch({ s, weightDecay })]) {
          if (at === null) continue
          const { a, b } = at
          const error = (1 + a) * (1 + b) - s
          expect([2 * error * (1 + b) + 2 * weightDecay * a, 2 * error * (1 + a) + 2 * weightDecay * b]).toBeAllclose([0, 0], {
            absolute: 1e-12,
          }) // terms below 50
          expect(at.cost).toBeAllclose(cost(a, b, { s, weightDecay }), { absolute: 1e-12 })
          expect(at.product).toBeAllclose((1 + a) * (1 + b), { absolute: 1e-13 })
        }
      }),
    )
  })
  test('meet at s + γ = ¼', () => {
    const at = { s: 0.1, weightDecay: 0.15 }
    const [symmetric, asymmetric] = [symmetricBranch(at), asymmetricBranch({ ...at, weightDecay: 0.15 - 1e-12 })]
    expect(asymmetric?.product).toBeAllclose(symmetric.product, { absolute: 1e-11 })
    expect(asymmetric?.cost).toBeAllclose(symmetric.cost, { absolute: 1e-11 })
    expect(asymmetricBranch({ s: 0.125, weightDecay: 0.125 })).toBeNull()
  })
  test('the symmetric product lies between s and 1, and tends to both', () => {
    fc.assert(
      fc.property(value, decay, (s, weightDecay) => {
        const { product } = symmetricBranch({ s, weightDecay })
        expect(product).toBeGreaterThanOrEqual(Math.min(s, 1) - 1e-12)
        expect(product).toBeLessThanOrEqual(Math.max(s, 1) + 1e-12)
      }),
    )
    expect(symmetricBranch({ s: 2, weightDecay: 0 }).product).toBeAllclose(2)
    expect(symmetricBranch({ s: 2, weightDecay: 1e15 }).product).toBeAllclose(1)
    expect(symmetricBranch({ s: 1e200, weightDecay: 1 }).product).toBeAllclose(1e200)
  })
  test('refuse NaN and negative decay', () => {
    expect(() => residualMinimum({ s: Number.NaN, weightDecay: 1 })).toThrow('symmetricBranch: s')
    expect(() => asymmetricBranch({ s: 1, weightDecay: -1 })).toThrow('asymmetricBranch: weightDecay')
  })
})
