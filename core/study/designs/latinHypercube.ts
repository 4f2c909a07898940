/**
 * A number n of cells that cover every factor evenly: an interval is cut into n strata of equal width on its scale and each holds one cell; the
 * levels of a list are used equally often, to within one.
 *
 *   value i = the part (πᵢ + uᵢ) / n of the interval,   π a random permutation of 0 … n − 1, u uniform on [0, 1), for each factor anew
 *
 * Source: McKay, Beckman and Conover, "A comparison of three methods for selecting values of input variables …", Technometrics 21, 1979.
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { drawUniform, permutation } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { independent, mostCells, type DesignFactor, type DesignKind } from './design.ts'
import { expandLevels, intervalOf, valueAt, type Interval } from './levels.ts'

const settings = z.strictObject({
  kind: z.literal('latin-hypercube'),
  cells: z.int().min(2).max(mostCells).describe('how many cells, and strata of every interval'),
})

export const latinHypercube: DesignKind<typeof settings> = {
  kind: 'latin-hypercube',
  title: { en: 'Latin hypercube', ja: 'ラテン超方格' },
  settings,
  combine(factors, { cells: count }, key) {
    const columns = factors.map((factor) => columnOf(factor, count, split(key, `latin-hypercube/factor/${factor.path}`)))
    if (!columns.some(({ isEachDifferent }) => isEachDifferent)) {
      const rule = `an interval, or a list of at least ${count} levels, so that no two cells are equal`
      throw new Refusal('invalid-input', `factors: expected ${rule}, got ${factors.length === 0 ? 'no factor' : 'shorter lists'}`)
    }
    return independent(Array.from({ length: count }, (_, cell) => columns.map(({ values }) => values[cell] ?? null)))
  },
}

type Column = { readonly values: readonly Json[]; readonly isEachDifferent: boolean }

function columnOf({ path, levels }: DesignFactor, count: number, key: Key): Column {
  const order = permutation(split(key, 'order'), count)
  const interval = intervalOf(levels)
  if (interval === null) {
    const list = expandLevels(path, levels)
    const names = permutation(split(key, 'levels'), list.length) // chance says which levels are used once more
    const values = Array.from(order, (place) => list[names[place % list.length] ?? 0] ?? null)
    return { values, isEachDifferent: list.length >= count }
  }
  const offsets = drawUniform(split(key, 'offsets'), count)
  const values = Array.from(order, (stratum, i) => inStratum(interval, { stratum, count, offset: offsets[i] ?? 0 }))
  if (new Set(values).size === count) return { values, isEachDifferent: true }
  throw new Refusal('invalid-input', `factors.${path}: expected an interval wide enough for ${count} strata, got ${quote(interval)}`)
}

/** A value of stratum [k / n, (k + 1) / n) of an interval; one that rounding moved out is the stratum's lower edge. */
function inStratum(interval: Interval, { stratum, count, offset }: { stratum: number; count: number; offset: number }): number {
  const lower = valueAt(interval, stratum / count)
  const upper = valueAt(interval, (stratum + 1) / count)
  const value = valueAt(interval, (stratum + offset) / count)
  return value >= lower && value < upper ? value : lower
}
