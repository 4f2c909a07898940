import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { kktResidual, lasso, residualCorrelation, softThreshold } from './lasso.ts'
import type { Regression } from './regression.ts'

expect.extend({ toBeAllclose })

const part = (rows: readonly (readonly number[])[], y: readonly number[]): Regression => ({
  x: { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) },
  y: Float64Array.from(y),
})
/** theory.md 8.2: XᵀY/n = (.75, 1). */
const fixture = part(
  [
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
  ],
  [1, 2, 2, 0],
)

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
/** The problem of a number: 5 to 60 rows, 1 to 12 columns, wider than tall now and then. */
function problem(number: number): Regression {
  const [n, d] = [5 + ((number * 7) % 56), 1 + ((number * 5) % 12)]
  const [x, noise] = [drawNormal(split(key, `x/${number}`), n * d), drawNormal(split(key, `y/${number}`), n)]
  const y = noise.map((e, i) => 0.3 * e + (x[i * d] ?? 0) - 2 * (x[i * d + d - 1] ?? 0))
  return { x: { rows: n, columns: d, values: x }, y }
}
/** Xᵀ(y − Xv)/n by the definition, feature by feature. */
const correlations = ({ x, y }: Regression, v: ArrayLike<number>) =>
  Array.from({ length: x.columns }, (_, j) => {
    let sum = 0
    for (let i = 0; i < x.rows; i += 1) {
      let residual = y[i] ?? Number.NaN
      for (let k = 0; k < x.columns; k += 1) residual -= (x.values[i * x.columns + k] ?? Number.NaN) * (v[k] ?? Number.NaN)
      sum += (x.values[i * x.columns + j] ?? Number.NaN) * residual
    }
    return sum / x.rows
  })
const objective = (data: Regression, v: ArrayLike<number>, gamma: number) => {
  let total = 0
  for (let i = 0; i < data.x.rows; i += 1) {
    let residual = data.y[i] ?? Number.NaN
    for (let k = 0; k < data.x.columns; k += 1) residual -= (data.x.values[i * data.x.columns + k] ?? Number.NaN) * (v[k] ?? Number.NaN)
    total += residual ** 2 / data.x.rows
  }
  return Array.from(v).reduce((sum, value) => sum + 2 * gamma * Math.abs(value), total)
}

describe('softThreshold', () => {
  const y = fc.double({ min: -1e3, max: 1e3, noNaN: true })
  const gamma = fc.double({ min: 0, max: 1e3, noNaN: true })
  // Origin: theory.md 8.1
  test.each([
    [1, 0.3, 0.7],
    [-0.7, 0.2, -0.5],
    [0.25, 0.4, 0],
    [2, 1.9, 0.1],
    [0.4, 0.4, 0],
    [3, 0, 3],
  ])('of %d at %d is %d', (value, at, expected) => expect(softThreshold(value, at)).toBeAllclose(expected))
  test('is odd, and its zero has no sign', () => {
    fc.assert(fc.property(y, gamma, (value, at) => void expect(softThreshold(-value, at) + softThreshold(value, at)).toBe(0)))
    expect([softThreshold(-0.1, 1), softThreshold(-0, 0)]).toEqual([0, 0])
  })
  test('shrinks by γ at most, never beyond zero, and brings no two numbers further apart', () => {
    fc.assert(
      fc.property(y, y, gamma, (a, b, at) => {
        const [p, q] = [softThreshold(a, at), softThreshold(b, at)]
        expect(p * a).toBeGreaterThanOrEqual(0)
        expect(Math.abs(p)).toBeLessThanOrEqual(Math.abs(a))
        expect(Math.abs(a - p)).toBeLessThanOrEqual(at + 1e-12) // one rounding of numbers below 1e3
        expect(Math.abs(p - q)).toBeLessThanOrEqual(Math.abs(a - b) + 1e-12)
      }),
    )
  })
  test('minimises (v − y)² + 2γ|v|: no other v is better', () => {
    fc.assert(
      fc.property(y, gamma, y, (value, at, other) => {
        const cost = (v: number) => (v - value) ** 2 + 2 * at * Math.abs(v)
        expect(cost(softThreshold(value, at))).toBeLessThanOrEqual(cost(other) + 1e-9) // costs of size 1e7 round by 1e-9
      }),
    )
  })
  test('of NaN is NaN', () => expect(softThreshold(Number.NaN, 1)).toBeNaN())
})

describe('lasso', () => {
  // Origin: theory.md 8.2, fixtures.py
  test.each([
    [0.1, [0.86666667, 1.2]],
    [0.5, [0.33333333, 0.66666667]],
    [0.8, [0, 0.26666667]],
    [1, [0, 0]],
  ])('of the handbook at γ = %d is %j', (gamma, expected) => {
    expect(lasso(fixture, gamma)).toBeAllclose(expected, { absolute: 5e-9 }) // eight printed digits
  })

  // Origin: scikit-learn 1.9.1, Lasso(alpha=γ, fit_intercept=False), core/testing/fixtures/sklearnLasso.py
  test.each([
    [0.02, [1.4291103919136792, -1.9026872462247204, 0.8945320667946497, 0, 0]],
    [0.1, [1.1518511296236147, -1.6419990963869229, 0.7841542275660014, 0, 0]],
    [0.4, [0.11212889603587387, -0.6644185344951823, 0.37023733045857027, 0, 0]],
  ])('of scikit-learn at alpha = %d has the same coefficients and zeros', (gamma, expected) => {
    const rows = Array.from({ length: 12 }, (_, i) => Array.from({ length: 5 }, (_, j) => Math.sin(1.3 * (i + 1) * (j + 2) + j)))
    const y = rows.map(([a = 0, b = 0, c = 0], i) => 1.5 * a - 2 * b + 0.7 * c + 0.3 * Math.cos(5 * i))
    const v = lasso(part(rows, y), gamma)
    expect(v).toBeAllclose(expected, { absolute: 1e-12 }) // both descend to rounding; the Gram matrix has condition below 100
    expect([v[3], v[4]]).toEqual([0, 0])
  })

  test('with one feature is the soft threshold of xy/n over x²/n', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (x, y, gamma) => {
          const expected = (Math.sign(y) * Math.max(Math.abs(x * y) - gamma, 0)) / x ** 2
          expect(lasso(part([[x]], [y]), gamma)).toBeAllclose([expected], { absolute: 1e-11 }) // cancellation at the threshold, divided by x² ≥ .01
        },
      ),
    )
  })

  test.each(Array.from({ length: 20 }, (_, number) => number))('problem %d satisfies the optimality conditions to 1e-10', (number) => {
    const data = problem(number)
    const largest = Math.max(...correlations(data, new Float64Array(data.x.columns)).map(Math.abs))
    for (const gamma of [0.01, 0.2, 0.7].map((share) => share * largest)) {
      const v = lasso(data, gamma)
      for (const [j, c] of correlations(data, v).entries()) {
        if (v[j] === 0) expect(Math.abs(c)).toBeLessThanOrEqual(gamma + 1e-10)
        else expect(Math.abs(c - gamma * Math.sign(v[j] ?? 0))).toBeLessThanOrEqual(1e-10)
      }
    }
  })

  test.each([3, 8])('of problem %d no point near by or far costs less', (number) => {
    const data = problem(number)
    const v = lasso(data, 0.1)
    const best = objective(data, v, 0.1)
    for (let k = 0; k < 50; k += 1) {
      const push = drawNormal(split(key, 'push'), v.length, k)
      for (const size of [1e-4, 0.1, 3])
        expect(
          objective(
            data,
            v.map((value, j) => value + size * (push[j] ?? 0)),
            0.1,
          ),
        ).toBeGreaterThan(best - 1e-12) // rounding of a cost below 10
    }
  })

  test('is all zero from γ = ‖Xᵀy/n‖∞ on, and not below', () => {
    for (let number = 0; number < 20; number += 1) {
      const data = problem(number)
      const largest = Math.max(...correlations(data, new Float64Array(data.x.columns)).map(Math.abs))
      expect(lasso(data, largest * (1 + 1e-12)).every((value) => value === 0)).toBe(true)
      expect(lasso(data, largest * (1 - 1e-6)).some((value) => value !== 0)).toBe(true)
    }
  })

  test('at γ = 0 is least squares', () => {
    const v = lasso(fixture, 0)
    // normal equations by hand: XᵀX = diag(3, 3), Xᵀy = (3, 4)
    expect(v).toBeAllclose([1, 4 / 3])
  })

  test('moves with the order of the features, and a feature turned or scaled turns or scales its coefficient', () => {
    const rows = [
      [1, 0],
      [0, 1],
      [1, 1],
      [1, -1],
    ]
    expect(
      lasso(
        part(
          rows.map(([a = 0, b = 0]) => [b, a]),
          [1, 2, 2, 0],
        ),
        0.3,
      ),
    ).toBeAllclose([...lasso(fixture, 0.3)].reverse())
    expect(
      lasso(
        part(
          rows.map(([a = 0, b = 0]) => [-a, b]),
          [1, 2, 2, 0],
        ),
        0.3,
      ),
    ).toBeAllclose(lasso(fixture, 0.3).map((v, j) => (j === 0 ? -v : v)))
    // y and γ times c is v times c
    expect(lasso(part(rows, [4, 8, 8, 0]), 1.2)).toBeAllclose(lasso(fixture, 0.3).map((v) => 4 * v))
  })

  test('of equal columns is one of the minimisers', () => {
    const twice = part(
      [
        [1, 1],
        [2, 2],
      ],
      [1, 3],
    )
    const v = lasso(twice, 0.1)
    // their sum is the coefficient of one such column: (7/2 − .1) / (5/2)
    expect((v[0] ?? 0) + (v[1] ?? 0)).toBeAllclose(3.4 / 2.5)
  })

  test('refuses a zero column, squares beyond float64, and columns too near to each other to converge', () => {
    expect(() =>
      lasso(
        part(
          [
            [1, 0],
            [2, 0],
          ],
          [1, 2],
        ),
        0.1,
      ),
    ).toThrow('lasso: expected columns that are not zero, got a zero column 2')
    expect(() => lasso(part([[1e200], [1]], [1, 2]), 0.1)).toThrow(
      'lasso: expected columns whose squares float64 can hold, got a mean of Infinity in column 1',
    )
    const near = part(
      [
        [1, 1],
        [1, 1 + 1e-6],
        [1, 1 - 1e-6],
      ],
      [1, 2, -3],
    )
    expect(() => lasso(near, 0)).toThrow('lasso: expected convergence within 1,000,000 sweeps')
  })
})

describe('residualCorrelation', () => {
  test('is Xᵀ(y − Xv)/n', () => {
    for (const number of [0, 4, 9]) {
      const data = problem(number)
      const v = drawNormal(split(key, 'v'), data.x.columns)
      expect(residualCorrelation(data, v)).toBeAllclose(correlations(data, v), { absolute: 1e-13 }) // means of 60 products below 30
    }
  })
  test('at the fixture is Xᵀy/n for v = 0', () => expect(residualCorrelation(fixture, new Float64Array(2))).toBeAllclose([0.75, 1]))
})

describe('kktResidual', () => {
  const at = (v: readonly number[], weightDecay: number) => kktResidual(fixture, Float64Array.from(v), { weightDecay, zero: 1e-6 })
  test('is zero at the lasso to rounding', () => {
    for (const gamma of [0.1, 0.5, 0.8, 1]) expect(at([...lasso(fixture, gamma)], gamma)).toBeLessThan(1e-14)
  })
  test('off it is the largest violation', () => {
    // at v = 0: c = (.75, 1), so beyond γ = .9 only the second, by .1
    expect(at([0, 0], 0.9)).toBeAllclose(0.1)
    // at v = (1, 0): c = (.75 − 3/4, 1): |0 − .1| in the first, 1 − .1 in the second
    expect(at([1, 0], 0.1)).toBeAllclose(0.9)
    // a coefficient of the wrong sign violates by c + γ: v = (−1, 0): c₁ = 1.5
    expect(at([-1, 0], 0.9)).toBeAllclose(2.4)
  })
  test('what is below the threshold counts as zero, NaN stays NaN', () => {
    expect(at([1e-7, -1e-7], 1)).toBeLessThan(1e-6)
    expect(at([1e-5, 0], 1)).toBeGreaterThan(0.2)
    expect(at([Number.NaN, 0], 1)).toBeNaN()
  })
})
