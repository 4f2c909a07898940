import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { compressiveSensing } from './compressiveSensing.ts'
import { noFiles } from './noFiles.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const parse = (settings: object) =>
  compressiveSensing.settings.safeParse({ kind: 'compressive-sensing', measurements: 40, size: 30, ...settings })
const make = (settings: object) =>
  compressiveSensing.make(
    compressiveSensing.settings.parse({ kind: 'compressive-sensing', measurements: 40, size: 30, ...settings }),
    key,
    noFiles,
  ).train
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The signal from measurements without noise, by elimination: A has more rows than columns. */
function signalOf({ x, y }: ReturnType<typeof make>): Float64Array {
  const d = x.columns
  const rows = Array.from({ length: x.rows }, (_, i) => [...x.values.subarray(i * d, (i + 1) * d), y.values[i] ?? Number.NaN])
  for (let c = 0; c < d; c += 1) {
    const largest = rows.reduce((so, row, i) => (i >= c && Math.abs(row[c] ?? 0) > Math.abs(rows[so]?.[c] ?? 0) ? i : so), c)
    const [pivot = [], other = []] = [rows[largest], rows[c]]
    rows[c] = pivot
    rows[largest] = other
    for (const row of rows) {
      if (row === pivot) continue
      const factor = (row[c] ?? 0) / (pivot[c] ?? 0)
      for (let j = c; j <= d; j += 1) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0)
    }
  }
  return Float64Array.from({ length: d }, (_, c) => (rows[c]?.[d] ?? 0) / (rows[c]?.[c] ?? 0))
}

describe('compressive-sensing', () => {
  test.each([
    [0.1, 3],
    [0.5, 15],
    [1, 30],
    [0.01, 0],
  ])('of a share of %d has a signal of %d entries that are not zero', (share, count) => {
    const signal = signalOf(make({ share, noise: 0 }))
    expect(signal.filter((value) => Math.abs(value) > 1e-10)).toHaveLength(count) // elimination of 30 columns leaves 1e-13 or less
  })
  test('has a signal of standard normal entries and a matrix of entries N(0, 1/N)', () => {
    const { x } = make({ measurements: 200, size: 100 })
    expect(Math.abs(mean(x.values))).toBeLessThan((4 * 0.1) / Math.sqrt(20_000)) // four standard errors, √(1/N) = .1
    expect(Math.abs(100 * mean(x.values.map((value) => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 20_000))
    const { y } = make({ measurements: 500, size: 200, share: 1, noise: 0 })
    // given the signal, an entry of y has the variance ‖x₀‖²/N, itself 1 with the standard error √(2/N); y has 500 of them
    expect(Math.abs(mean(y.values.map((value) => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 200 + 2 / 500))
  })
  test('its noise is what is left of y without it, with the asked deviation', () => {
    const [clean, noisy] = [make({ noise: 0 }), make({ noise: 0.5 })]
    expect(noisy.x).toEqual(clean.x)
    const errors = noisy.y.values.map((value, i) => (value - (clean.y.values[i] ?? Number.NaN)) / 0.5)
    expect(errors).toBeAllclose(drawNormal(split(key, 'noise'), 40), { relative: 0, absolute: 1e-14 }) // rounding of terms below 2³
  })
  test.each([{ measurements: 0 }, { size: 1.5 }, { share: 0 }, { share: 1.1 }, { noise: -1 }, { samples: 3 }])(
    '%j is refused',
    (settings) => expect(parse(settings).success).toBe(false),
  )
})
