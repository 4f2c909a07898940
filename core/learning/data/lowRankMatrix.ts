/**
 * A matrix to be factorised: Y = Q₁ diag(σ) Q₂ᵀ with random orthogonal Q, as rows of targets for the rows of the identity.
 *
 *   x = I [rows, rows],   y = Y [rows, columns]
 *
 * so that f(x) = xM is M itself and the `sse` loss is ‖M − Y‖². `axes: standard` leaves the Q out: Y is diagonal, the same for every run.
 * Q is the Q of the QR factorisation of a Gaussian matrix, R's diagonal positive: uniform over orthogonal matrices (Mezzadri 2007).
 * Source: theory.md E2, E3, E4.
 */
import { z } from 'zod'
import { identity, matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { qr } from '#core/numerics/linalg/qr.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { columnNames, plainTraits, sameWords, type DataKind } from './data.ts'

const settings = z
  .strictObject({
    kind: z.literal('low-rank-matrix'),
    rows: z.int().min(1).max(2_000),
    columns: z.int().min(1).max(2_000),
    singularValues: z.array(z.number().min(0)).min(1).max(2_000).describe('the first singular values; the others are zero'),
    axes: z.enum(['random', 'standard']).default('random').describe('singular vectors drawn for each run, or the unit vectors'),
  })
  .refine(({ rows, columns, singularValues }) => singularValues.length <= Math.min(rows, columns), {
    path: ['singularValues'],
    error: 'expected at most as many singular values as the smaller of rows and columns',
  })

export const lowRankMatrix: DataKind<typeof settings> = {
  kind: 'low-rank-matrix',
  title: { en: 'Matrix of given singular values', ja: '特異値を与えた行列' },
  settings,
  shapeOf: ({ kind, rows, columns }) => ({ kind, rows, columns }),
  files: () => [],
  describe: ({ rows, columns }) => sameWords(`${rows} × ${columns}`),
  isShared: () => false,
  traits: ({ columns }) => ({ ...plainTraits, hasManyOutputs: columns > 1 }),
  make({ rows, columns, singularValues, axes }, key) {
    const middle: Matrix = { rows, columns, values: new Float64Array(rows * columns) }
    for (const [i, value] of singularValues.entries()) middle.values[i * columns + i] = value
    const turned =
      axes === 'standard'
        ? middle
        : matrixProduct(matrixProduct(orthogonal(split(key, 'left'), rows), middle), transposed(orthogonal(split(key, 'right'), columns)))
    return {
      features: columnNames('x', rows),
      targets: columnNames('y', columns),
      train: { x: identity(rows), y: turned },
      validation: null,
      test: null,
    }
  },
}

function orthogonal(key: Key, n: number): Matrix {
  return qr({ rows: n, columns: n, values: drawNormal(key, n * n) }).q
}
