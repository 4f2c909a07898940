import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { multiply, transpose } from './dense.ts'
import { depthTransition } from './depthProduct.ts'
import {
  deepSingularValues,
  factorisationMinimum,
  matrixFactorisation,
  softSingularValues,
  symmetricFactorisationMinimum,
  zeroWeightDecay,
} from './matrixFactorisation.ts'

expect.extend({ toBeAllclose })

const entry = fc.double({ min: -3, max: 3, noNaN: true })
const decay = fc.double({ min: 0, max: 3, noNaN: true })
const of = (rows: number, columns: number) =>
  fc
    .array(entry, { minLength: rows * columns, maxLength: rows * columns })
    .map((values): Matrix => ({ rows, columns, values: Float64Array.from(values) }))
const squares = (x: Float64Array) => x.reduce((sum, value) => sum + value * value, 0)
const distance = (a: Matrix, b: Matrix) => squares(a.values.map((value, i) => value - (b.values[i] ?? Number.NaN)))
const square = (...values: number[]): Matrix => ({ rows: 2, columns: 2, values: Float64Array.from(values) })
const handbook = square(1, 2, 3, 4)

describe('factorisationMinimum', () => {
  test('carries its number', () => expect(matrixFactorisation.number).toBe('8.5'))

  // Origin: theory.md 8.5
  test.each([
    [0.2, [1.1028992, 1.8285014, 2.8285014, 3.8971008], 2.25238076, 2],
    [0.5, [1.1570525, 1.6418632, 2.615577, 3.7115166], 5.34891696, 1],
  ])('of [[1,2],[3,4]] at γ = %d is %j with objective %d and rank %d', (weightDecay, values, objective, rank) => {
    const at = factorisationMinimum(handbook, { weightDecay })
    expect(at.product.values).toBeAllclose(values, { absolute: 5e-8 }) // seven printed digits
    expect(at.objective).toBeAllclose(objective, { absolute: 5e-9 }) // eight printed digits
    expect(at.rank).toBe(rank)
  })

  // Origin: theory.md E2, numeric rank 4/3/2
  test.each([
    [0.3, 4],
    [0.9, 3],
    [1.6, 2],
  ])('of singular values 3.5, 2.2, 1.2, .4 at γ = %d has rank %d', (weightDecay, rank) => {
    const y: Matrix = {
      rows: 5,
      columns: 4,
      values: Float64Array.from({ length: 20 }, (_, place) => (place % 5 === 0 ? ([3.5, 2.2, 1.2, 0.4][place / 5] ?? 0) : 0)),
    }
    expect(factorisationMinimum(y, { weightDecay }).rank).toBe(rank)
  })

  test('no factors of the width cost less', () => {
    fc.assert(
      fc.property(
        of(3, 2),
        fc.tuple(decay, fc.integer({ min: 1, max: 2 }), fc.double({ min: 0.2, max: 3, noNaN: true })),
        (y, [weightDecay, width, scale]) => {
          const { product, objective, singularValues } = factorisationMinimum(y, { weightDecay, width, scale })
          const nuclear = singularValues.reduce((sum, value) => sum + value, 0)
          expect(scale * distance(product, y) + 2 * weightDecay * nuclear).toBeAllclose(objective, { absolute: 1e-12 }) // costs below 300
          fc.assert(
            fc.property(of(3, width), of(width, 2), (u, v) => {
              const cost = scale * distance(multiply(u, v), y) + weightDecay * (squares(u.values) + squares(v.values))
              expect(objective).toBeLessThanOrEqual(cost + 1e-10)
            }),
            { numRuns: 10 },
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  test('is exact at the mean loss: γ·mn takes the place of γ', () => {
    const mean = factorisationMinimum(handbook, { weightDecay: 0.05, scale: 1 / 4 })
    expect(mean.product.values).toBeAllclose(factorisationMinimum(handbook, { weightDecay: 0.2 }).product.values)
  })

  test('at γ = 0 is the target, from γ = σ₁ on zero, and turns with the target', () => {
    expect(factorisationMinimum(handbook, { weightDecay: 0 }).product.values).toBeAllclose(handbook.values)
    const at = factorisationMinimum(handbook, { weightDecay: zeroWeightDecay(square(-2, -4, -6, -8)) * (1 + 1e-15) })
    expect(at).toEqual({ product: square(0, 0, 0, 0), singularValues: new Float64Array(2), rank: 0, objective: at.objective })
    expect(at.objective).toBeAllclose(30)
    fc.assert(
      fc.property(of(2, 3), decay, (y, weightDecay) => {
        const turned = factorisationMinimum(transpose(y), { weightDecay }).product
        expect(transpose(turned).values).toBeAllclose(factorisationMinimum(y, { weightDecay }).product.values, { absolute: 1e-12 }) // values below 8
      }),
    )
  })

  test('of nothing, of one entry, of huge entries', () => {
    expect(factorisationMinimum({ rows: 0, columns: 3, values: new Float64Array() }, { weightDecay: 1 }).rank).toBe(0)
    expect(factorisationMinimum({ rows: 1, columns: 1, values: Float64Array.of(-2) }, { weightDecay: 0.5 }).product.values).toBeAllclose([
      -1.5,
    ])
    expect(factorisationMinimum(square(1e160, 0, 0, 1), { weightDecay: 0.25 }).singularValues).toBeAllclose([1e160, 0.75])
  })

  test('refuses NaN, negative decay, scale 0 and a width that is no count', () => {
    expect(() => factorisationMinimum(square(Number.NaN, 0, 0, 0), { weightDecay: 1 })).toThrow('expected finite numbers')
    expect(() => factorisationMinimum(handbook, { weightDecay: -1 })).toThrow('factorisationMinimum: weightDecay')
    expect(() => factorisationMinimum(handbook, { weightDecay: 1, scale: 0 })).toThrow('factorisationMinimum: scale')
    expect(() => factorisationMinimum(handbook, { weightDecay: 1, width: 0.5 })).toThrow('factorisationMinimum: width')
  })
})

describe('softSingularValues and deepSingularValues', () => {
  const sigma = Float64Array.of(3.5, 2.2, 1.2, 0.4)
  test('keep the largest as many as the width', () => {
    expect(softSingularValues(sigma, { weightDecay: 0.3, width: 2 })).toBeAllclose([3.2, 1.9, 0, 0])
    expect(softSingularValues(sigma, { weightDecay: 0.3 })).toBeAllclose([3.2, 1.9, 0.9, 0.1], { relative: 1e-14 })
  })
  test('agree for two matrices, and three jump per singular value', () => {
    fc.assert(
      fc.property(
        decay,
        (weightDecay) =>
          void expect(deepSingularValues(sigma, { depth: 2, weightDecay })).toEqual(softSingularValues(sigma, { weightDecay })),
      ),
    )
    const deep = deepSingularValues(sigma, { depth: 3, weightDecay: 0.45 })
    for (const [i, value] of deep.entries()) {
      const { critical, criticalV } = depthTransition({ depth: 3, y: sigma[i] ?? Number.NaN })
      if (critical > 0.45) expect(value).toBeGreaterThan(criticalV)
      else expect(value).toBe(0)
    }
    expect(deepSingularValues(sigma, { depth: 3, weightDecay: 0.1, width: 1 }).filter((value) => value > 0)).toHaveLength(1)
  })
  test('refuse negative singular values', () => {
    expect(() => softSingularValues(Float64Array.of(-1), { weightDecay: 0 })).toThrow('softSingularValues: sigma')
    expect(() => deepSingularValues(Float64Array.of(Number.NaN), { depth: 3, weightDecay: 0 })).toThrow('deepSingularValues: sigma')
  })
})

describe('symmetricFactorisationMinimum', () => {
  // Origin: theory.md 8.5
  test('of diag(1, .3, .05) at γ = .2 is (.9, .2, 0)', () => {
    const a: Matrix = { rows: 3, columns: 3, values: Float64Array.of(1, 0, 0, 0, 0.3, 0, 0, 0, 0.05) }
    const { eigenvalues, product } = symmetricFactorisationMinimum(a, { weightDecay: 0.2 })
    expect(eigenvalues).toBeAllclose([0.9, 0.2, 0], { absolute: 1e-14 }) // eigenvalues through a shift of 1
    expect(product.values).toBeAllclose([0.9, 0, 0, 0, 0.2, 0, 0, 0, 0], { absolute: 1e-14 })
  })
  test('no U costs less', () => {
    fc.assert(
      fc.property(of(3, 3), of(3, 2), decay, (x, u, weightDecay) => {
        const a: Matrix = { ...x, values: x.values.map((value, i) => (value + (transpose(x).values[i] ?? Number.NaN)) / 2) }
        const { product, eigenvalues } = symmetricFactorisationMinimum(a, { weightDecay, width: 2 })
        const best = distance(product, a) + weightDecay * eigenvalues.reduce((sum, value) => sum + value, 0)
        expect(best).toBeLessThanOrEqual(distance(multiply(u, transpose(u)), a) + weightDecay * squares(u.values) + 1e-10) // costs below 1e4
      }),
    )
  })
  test('of a negative target is zero', () =>
    expect(symmetricFactorisationMinimum(square(-1, 0, 0, -2), { weightDecay: 0 }).product.values).toEqual(new Float64Array(4)))
})

describe('zeroWeightDecay', () => {
  // Origin: theory.md 8.5: for E‖y − UVx‖² the gradient at zero is −2E[yxᵀ]
  test('of −2Y is the largest singular value', () =>
    expect(zeroWeightDecay(square(-2, -4, -6, -8))).toBeAllclose(5.4649857042, { absolute: 5e-11 })) // ten printed digits
  test('of nothing and of zero is 0', () => {
    expect(zeroWeightDecay({ rows: 0, columns: 0, values: new Float64Array() })).toBe(0)
    expect(zeroWeightDecay(square(0, 0, 0, 0))).toBe(0)
  })
})
