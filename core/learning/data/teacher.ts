/**
 * What a small teacher network says about Gaussian inputs.
 *
 *   y = Σ_k a_k tanh(t_kᵀx) + σε,   x, t_k ~ N(0, I_d), ε ~ N(0, 1)
 *
 * Everything is drawn anew for each run, purposes `teacher`, `x`, `noise`, `test/x`, `test/noise`.
 * Source: theory.md E5.
 */
import { z } from 'zod'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { sameWords, type DataKind, type Part } from './data.ts'
import { drawParts, sampledFields, sampledTraits } from './sampled.ts'

const settings = z.strictObject({
  kind: z.literal('teacher'),
  ...sampledFields,
  amplitudes: z.array(z.number()).min(1).max(1_000).describe("a, one for each of the teacher's neurons"),
})
type Teacher = z.infer<typeof settings>

export const teacher: DataKind<typeof settings> = {
  kind: 'teacher',
  title: { en: 'Teacher network', ja: '教師ネットワーク' },
  settings,
  shapeOf: ({ kind, samples, features }) => ({ kind, samples, features }),
  files: () => [],
  describe: ({ samples, features }) => sameWords(`${samples} × ${features}`),
  isShared: () => false,
  traits: sampledTraits,
  make(s, key) {
    const directions = drawNormal(split(key, 'teacher'), s.amplitudes.length * s.features) // [teachers, features]
    return drawParts(s, key, (rows, own) => draw(s, directions, { rows, key: own }))
  },
}

function draw({ features: d, amplitudes, noise }: Teacher, directions: Float64Array, { rows, key }: { rows: number; key: Key }): Part {
  const values = drawNormal(split(key, 'x'), rows * d)
  const errors = drawNormal(split(key, 'noise'), rows)
  const y = errors.map((error, i) => {
    const x = values.subarray(i * d, (i + 1) * d)
    const neuron = (k: number) => x.reduce((sum, value, j) => sum + value * (directions[k * d + j] ?? Number.NaN), 0)
    return amplitudes.reduce((sum, a, k) => sum + a * Math.tanh(neuron(k)), noise * error)
  })
  return { x: { rows, columns: d, values }, y: { rows, columns: 1, values: y } }
}
