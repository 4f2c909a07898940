import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matrixTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { ridge } from './ridge.ts'
import { collapsedPair, escapeForce, syre, syreRidge } from './syre.ts'

expect.extend({ toBeAllclose })

const real = fc.double({ min: -3, max: 3, noNaN: true })
const vector = (length: number) => fc.array(real, { minLength: length, maxLength: length }).map((values) => Float64Array.from(values))
const diagonal: Matrix = { rows: 2, columns: 2, values: Float64Array.of(1, 0, 0, 2) }

describe('syreRidge', () => {
  test('carries its number', () => expect(syre.number).toBe('8.18'))

  // Origin: theory.md 8.18
  test('of A = diag(1, 2), y = (1, 1), γ = .5, θ₀ = (.1, −.1) is (.7, .43333333), shift (.03333333, −.01111111)', () => {
    const { phi, shift } = syreRidge({ a: diagonal, y: Float64Array.of(1, 1) }, { weightDecay: 0.5, theta0: Float64Array.of(0.1, -0.1) })
    expect(phi).toBeAllclose([0.7, 0.43333333], { absolute: 5e-9 }) // eight printed digits
    expect(shift).toBeAllclose([0.03333333, -0.01111111], { absolute: 5e-9 })
  })

  test('less its shift is plain ridge, and no φ costs less', () => {
    fc.assert(
      fc.property(
        fc.tuple(vector(6), vector(3), vector(2), vector(2)),
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        ([values, y, theta0, other], weightDecay) => {
          const a: Matrix = { rows: 3, columns: 2, values }
          const { phi, shift } = syreRidge({ a, y }, { weightDecay, theta0 })
          const plain = ridge({ x: a, y }, weightDecay / 3) // the mean loss: γ/n
          expect(phi.map((value, j) => value - (shift[j] ?? Number.NaN))).toBeAllclose(plain, { absolute: 1e-11 }) // condition below 600
          const cost = (at: Float64Array) =>
            matrixTimes(a, at).reduce((sum, value, i) => sum + (value - (y[i] ?? 0)) ** 2, 0) +
            weightDecay * at.reduce((sum, value, j) => sum + (value - (theta0[j] ?? 0)) ** 2, 0)
          expect(cost(phi)).toBeLessThanOrEqual(cost(other) + 1e-10) // costs below 1e4
        },
      ),
    )
  })

  test('without decay does not shift, and under strong decay ends at θ₀', () => {
    const data = { a: diagonal, y: Float64Array.of(1, 1) }
    expect(syreRidge(data, { weightDecay: 0, theta0: Float64Array.of(5, 5) })).toEqual({
      phi: Float64Array.of(1, 0.5),
      shift: new Float64Array(2),
    })
    expect(syreRidge(data, { weightDecay: 1e12, theta0: Float64Array.of(5, -5) }).phi).toBeAllclose([5, -5], { absolute: 1e-10 }) // Aᵀ(y − Aθ₀)/γ ≤ 22e-12
  })

  test('refuses sizes that disagree, a singular problem, negative decay', () => {
    const flat: Matrix = { rows: 1, columns: 2, values: Float64Array.of(1, 1) }
    expect(() => syreRidge({ a: flat, y: Float64Array.of(1) }, { weightDecay: 0, theta0: new Float64Array(2) })).toThrow(
      'expected a matrix of full rank',
    )
    expect(() => syreRidge({ a: flat, y: Float64Array.of(1) }, { weightDecay: 1, theta0: new Float64Array(1) })).toThrow(
      'syreRidge: theta0',
    )
    expect(() => syreRidge({ a: flat, y: Float64Array.of(1) }, { weightDecay: -1, theta0: new Float64Array(2) })).toThrow(
      'syreRidge: weightDecay',
    )
  })
})

describe('escapeForce', () => {
  const equal: Matrix = { rows: 2, columns: 1, values: Float64Array.of(Math.SQRT1_2, -Math.SQRT1_2) }
  test('is −2γOᵀθ₀, and nothing for a bias on the mirror', () => {
    expect(escapeForce(equal, { weightDecay: 0.5, theta0: Float64Array.of(0.3, 0.1) })).toBeAllclose([-0.2 * Math.SQRT1_2])
    expect(escapeForce(equal, { weightDecay: 0.5, theta0: Float64Array.of(0.3, 0.3) })).toBeAllclose([0])
  })
  test('is the slope of γ‖φ − θ₀‖² on the mirror', () => {
    const theta0 = Float64Array.of(0.3, -0.2)
    const cost = (s: number) => 0.7 * ((s * Math.SQRT1_2 - 0.3) ** 2 + (-s * Math.SQRT1_2 + 0.2) ** 2)
    expect(escapeForce(equal, { weightDecay: 0.7, theta0 })).toBeAllclose([(cost(1e-4) - cost(-1e-4)) / 2e-4], { relative: 1e-10 }) // a quadratic: only rounding
  })
  test('refuses sizes that disagree', () =>
    expect(() => escapeForce(equal, { weightDecay: 1, theta0: new Float64Array(3) })).toThrow('expected 2 entries, got 3'))
})

describe('collapsedPair', () => {
  // Origin: theory.md 8.18, "cubic error 2e-6"
  test('of y = .2, γ = .5, θ₀ = (.02, −.01) is (.01904762, −.00238095), within 2e-6 of what descent reaches', () => {
    const predicted = collapsedPair({ y: 0.2, weightDecay: 0.5 }, [0.02, -0.01])
    expect(predicted).toBeAllclose([0.01904762, -0.00238095], { absolute: 5e-9 }) // eight printed digits
    let [u, w] = [0.02, -0.01]
    for (let step = 0; step < 3_000; step += 1) {
      const slope = 2 * (u * w - 0.2)
      ;[u, w] = [u - 0.02 * (slope * w + 2 * 0.5 * (u - 0.02)), w - 0.02 * (slope * u + 2 * 0.5 * (w + 0.01))]
    }
    expect([u, w]).toBeAllclose(predicted, { absolute: 2.5e-6 })
  })
  test('solves (2γI + H)φ = 2γθ₀', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), real, real, (y, u0, w0) => {
        const [u, w] = collapsedPair({ y, weightDecay: 1.5 }, [u0, w0])
        expect([3 * u - 2 * y * w, -2 * y * u + 3 * w]).toBeAllclose([3 * u0, 3 * w0], { absolute: 1e-12 }) // terms below 50
      }),
    )
  })
  test('refuses a product that does not collapse', () => {
    expect(() => collapsedPair({ y: -0.5, weightDecay: 0.5 }, [0, 0])).toThrow(
      'collapsedPair: weightDecay: expected a decay > |y| = 0.5, got 0.5',
    )
    expect(() => collapsedPair({ y: 0.1, weightDecay: 0.5 }, [0, Number.NaN])).toThrow('collapsedPair: theta0')
  })
})
