/**
 * Linear regression with few coefficients that are not zero.
 *
 *   y = Xβ + σε,   X [n, d] and ε [n] independent standard normal
 *
 * Source: theory.md, preset E1. Everything is drawn anew for each run from the run's key, purposes `x`, `noise`, `test/x`, `test/noise`.
 */
import { z } from 'zod'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { matrixTimes } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { sameWords, type DataKind, type Part } from './data.ts'
import { drawParts, sampledFields, sampledTraits } from './sampled.ts'

const settings = z
  .strictObject({
    kind: z.literal('sparse-linear'),
    ...sampledFields,
    coefficients: z.array(z.number()).min(1).max(10_000).describe('the first coefficients β; the others are zero'),
  })
  .refine(({ coefficients, features }) => coefficients.length <= features, {
    path: ['coefficients'],
    error: 'expected at most as many coefficients as features',
  })
export type SparseLinear = z.infer<typeof settings>

export const sparseLinear: DataKind<typeof settings> = {
  kind: 'sparse-linear',
  title: { en: 'Sparse linear regression', ja: 'スパース線形回帰' },
  settings,
  shapeOf: ({ kind, samples, features }) => ({ kind, samples, features }),
  files: () => [],
  describe: ({ samples, features }) => sameWords(`${samples} × ${features}`),
  isShared: () => false,
  traits: sampledTraits,
  make: (s, key) => drawParts(s, key, (rows, own) => draw(s, { rows, key: own })),
}

function draw({ features, coefficients, noise }: SparseLinear, { rows, key }: { rows: number; key: Key }): Part {
  const x: Matrix = { rows, columns: features, values: drawNormal(split(key, 'x'), rows * features) }
  const beta = Float64Array.from({ length: features }, (_, j) => coefficients[j] ?? 0)
  const signal = matrixTimes(x, beta)
  const errors = drawNormal(split(key, 'noise'), rows)
  return { x, y: { rows, columns: 1, values: signal.map((value, i) => value + noise * (errors[i] ?? 0)) } }
}
