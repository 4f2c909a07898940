/**
 * Compressive sensing: a long sparse signal seen through few random measurements.
 *
 *   y = Ax₀ + σε,   A [m, N] with entries N(0, 1/N), x₀ [N] a share of whose entries is N(0, 1) and the others zero
 *
 * Everything is drawn anew for each run, purposes `x`, `support`, `signal`, `noise`.
 * Source: theory.md 7.1; Ziyin & Wang, ICML 2023, section 4.
 */
import { z } from 'zod'
import { matrixTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawNormal, permutation } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { columnNames, plainTraits, sameWords, type DataKind } from './data.ts'

const settings = z.strictObject({
  kind: z.literal('compressive-sensing'),
  measurements: z.int().min(1).max(10_000).describe('m, rows of A'),
  size: z.int().min(1).max(1_000_000).describe('N, entries of the signal'),
  share: z.number().gt(0).max(1).default(0.1).describe('share of the entries that are not zero'),
  noise: z.number().min(0).default(0.01).describe('standard deviation σ of the noise on y'),
})

export const compressiveSensing: DataKind<typeof settings> = {
  kind: 'compressive-sensing',
  title: { en: 'Compressive sensing', ja: '圧縮センシング' },
  settings,
  shapeOf: ({ kind, measurements, size }) => ({ kind, measurements, size }),
  files: () => [],
  describe: ({ measurements, size }) => sameWords(`${measurements} × ${size}`),
  isShared: () => false,
  traits: () => plainTraits,
  make({ measurements, size, share, noise }, key) {
    const scale = 1 / Math.sqrt(size)
    const x: Matrix = {
      rows: measurements,
      columns: size,
      values: drawNormal(split(key, 'x'), measurements * size).map((value) => scale * value),
    }
    const signal = new Float64Array(size)
    const support = permutation(split(key, 'support'), size).subarray(0, Math.round(share * size))
    const values = drawNormal(split(key, 'signal'), support.length)
    for (const [i, place] of support.entries()) signal[place] = values[i] ?? Number.NaN
    const errors = drawNormal(split(key, 'noise'), measurements)
    const y = matrixTimes(x, signal).map((value, i) => value + noise * (errors[i] ?? Number.NaN))
    return {
      features: columnNames('x', size),
      targets: columnNames('y', 1),
      train: { x, y: { rows: measurements, columns: 1, values: y } },
      validation: null,
      test: null,
    }
  },
}
