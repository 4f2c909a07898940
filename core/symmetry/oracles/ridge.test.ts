import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Regression } from './regression.ts'
import { ridge } from './ridge.ts'

expect.extend({ toBeAllclose })

const part = (rows: readonly (readonly number[])[], y: readonly number[]): Regression => ({
  x: { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) },
  y: Float64Array.from(y),
})
const key = rootKey({ base: 2, cell: '0'.repeat(64), replicate: 1 })

/** (XᵀX/n + γI)v − Xᵀy/n by the definition, the largest entry. */
function normalEquations({ x, y }: Regression, v: ArrayLike<number>, gamma: number): number {
  const at = (i: number, j: number) => x.values[i * x.columns + j] ?? Number.NaN
  let worst = 0
  for (let j = 0; j < x.columns; j += 1) {
    let left = gamma * (v[j] ?? Number.NaN)
    for (let i = 0; i < x.rows; i += 1) {
      let residual = -(y[i] ?? Number.NaN)
      for (let k = 0; k < x.columns; k += 1) residual += at(i, k) * (v[k] ?? Number.NaN)
      left += (at(i, j) * residual) / x.rows
    }
    worst = Math.max(worst, Math.abs(left))
  }
  return worst
}

describe('ridge', () => {
  test('solves the normal equations', () => {
    for (const [number, [n, d]] of (
      [
        [5, 3],
        [30, 12],
        [4, 9],
        [60, 1],
      ] as const
    ).entries()) {
      const data: Regression = {
        x: { rows: n, columns: d, values: drawNormal(split(key, `x/${number}`), n * d) },
        y: drawNormal(split(key, `y/${number}`), n),
      }
      for (const gamma of [1e-3, 0.1, 10]) expect(normalEquations(data, ridge(data, gamma), gamma)).toBeLessThan(1e-13) // entries below 10, 60 of them
    }
  })
  test('with one feature is xy/n over x²/n + γ', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: 0.01, max: 5, noNaN: true }),
        (x, y, gamma) => {
          expect(ridge(part([[x], [x]], [y, y + 1]), gamma)).toBeAllclose([(x * (y + 0.5)) / (x ** 2 + gamma)], { absolute: 1e-12 }) // y and y + 1 may cancel
        },
      ),
    )
  })
  test('of orthogonal columns shrinks each least-squares coefficient by s/(s + γ)', () => {
    // XᵀX/n = diag(3, 3)/4, Xᵀy/n = (3, 4)/4
    expect(
      ridge(
        part(
          [
            [1, 0],
            [0, 1],
            [1, 1],
            [1, -1],
          ],
          [1, 2, 2, 0],
        ),
        0.5,
      ),
    ).toBeAllclose([0.75 / 1.25, 1 / 1.25])
  })

  // Origin: scikit-learn 1.9.1, Ridge(alpha=nγ, fit_intercept=False), core/testing/fixtures/sklearnLasso.py
  test.each([
    [0.1, [1.070542049798075, -1.4805730499957699, 0.851671955644983, -0.021634785514439772, -0.054776145305328296]],
    [1, [0.28334812005742327, -0.5021329679587733, 0.40576348235573156, -0.0148119351473543, -0.07215829800990464]],
  ])('of scikit-learn at alpha = n · %d has the same coefficients, none of them zero', (gamma, expected) => {
    const rows = Array.from({ length: 12 }, (_, i) => Array.from({ length: 5 }, (_, j) => Math.sin(1.3 * (i + 1) * (j + 2) + j)))
    const y = rows.map(([a = 0, b = 0, c = 0], i) => 1.5 * a - 2 * b + 0.7 * c + 0.3 * Math.cos(5 * i))
    expect(ridge(part(rows, y), gamma)).toBeAllclose(expected, { absolute: 1e-13 }) // condition below 100
  })

  test('goes to zero as the decay grows, as Xᵀy/(nγ)', () => {
    expect(
      ridge(
        part(
          [
            [1, 0],
            [0, 1],
            [1, 1],
            [1, -1],
          ],
          [1, 2, 2, 0],
        ),
        1e9,
      ),
    ).toBeAllclose([0.75e-9, 1e-9], { relative: 1e-8 }) // next order: 3/4 of 1e-9
  })
  test('at γ = 0 refuses dependent columns and columns more than rows, and takes them with decay', () => {
    const equal = part(
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
      [1, 2, 3],
    )
    expect(() => ridge(equal, 0)).toThrow('ridge: expected linearly independent columns or γ > 0, got a dependent column 2')
    expect(() => ridge(part([[1, 2]], [1]), 0)).toThrow('dependent column 2')
    expect(() => ridge(part([[0], [0]], [1, 2]), 0)).toThrow('dependent column 1')
    // x₂ = 2x₁, so v = a(1, 2): 14/3 · 5a + γa = 14/3
    const a = 14 / 3 / ((14 / 3) * 5 + 0.1)
    expect(ridge(equal, 0.1)).toBeAllclose([a, 2 * a], { relative: 1e-12 })
  })
  test('at γ = 0 is least squares', () =>
    expect(
      ridge(
        part(
          [
            [1, 0],
            [0, 1],
            [1, 1],
            [1, -1],
          ],
          [1, 2, 2, 0],
        ),
        0,
      ),
    ).toBeAllclose([1, 4 / 3]))
})
