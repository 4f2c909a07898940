/**
 * How a study writes the levels of a factor, and which values that is.
 *
 *   [0.05, 0.2]                                     a list
 *   { range: { from: 0, to: 1, count: 5 } }         equal steps, both ends included
 *   { logRange: { from: 1e-4, to: 1, count: 5 } }   equal ratios, both ends included
 *   { uniform: { from: 0, to: 1 } }                 an interval to draw from, every value as likely
 *   { logUniform: { from: 1e-4, to: 1 } }           an interval to draw from, every ratio as likely
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { json, type Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'

/** More levels of one factor than this are refused. */
export const mostLevels = 10_000

// The rules are said here, not by the schema's kinds: at a field of a union those of every option would be listed.
const sayNumber =
  (rule: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    `expected a ${typeof input === 'number' && !Number.isFinite(input) ? 'finite ' : ''}${rule}`
const number = { error: sayNumber('number') }
const positive = { error: sayNumber('number > 0') }
const many = { error: `expected a whole number from 2 to ${mostLevels}` }
const rising = { error: 'expected from < to, less than 1.8e308 apart' }
const rises = ({ from, to }: { from: number; to: number }) => from < to && Number.isFinite(to - from)
const count = z.int(many).min(2, many).max(mostLevels, many).describe('how many levels, both ends included')
const ends = { from: z.number(number), to: z.number(number) }
const positiveEnds = { from: z.number(positive).gt(0, positive), to: z.number(positive).gt(0, positive) }

const list = z.array(json).min(1).max(mostLevels).readonly()
const range = z.strictObject({ range: z.strictObject({ ...ends, count }).refine(rises, rising) })
const logRange = z.strictObject({ logRange: z.strictObject({ ...positiveEnds, count }).refine(rises, rising) })
const uniform = z.strictObject({ uniform: z.strictObject(ends).refine(rises, rising) })
const logUniform = z.strictObject({ logUniform: z.strictObject(positiveEnds).refine(rises, rising) })

/** The levels of one factor as a study writes them. One sentence says what is wrong with them. */
export const levels = z.union([list, range, logRange, uniform, logUniform])
export type Levels = z.output<typeof levels>

/** Values from `from` to `to`, on a linear or a logarithmic scale. */
export type Interval = { readonly scale: 'linear' | 'log'; readonly from: number; readonly to: number }

/** The interval that levels are drawn from; null where they are listed. */
export function intervalOf(written: Levels): Interval | null {
  if ('uniform' in written) return { scale: 'linear', ...written.uniform }
  if ('logUniform' in written) return { scale: 'log', ...written.logUniform }
  return null
}

/**
 * The levels of a factor one by one.
 *
 *   range:    from + t · (to − from),   logRange: from¹⁻ᵗ · toᵗ,   t = i / (count − 1)
 *
 * A value that a decimal of at most 12 digits matches to within the rounding error of this formula is that decimal, so that a logRange from
 * 1e-4 to 0.1 with 4 levels is 0.0001, 0.001, 0.01, 0.1. Both ends are exact.
 *
 * @param path  of the factor, for the sentence
 * @returns     the list as written, or float64 numbers that strictly rise
 * Accuracy: range 2⁻⁵¹ · max(|from|, |to|); logRange (4 + |ln from| + |ln to|) · 2⁻⁵³ relative.
 * Fails: 'invalid-input' for an interval, which has no levels, a value listed twice, and a range too narrow for as many different numbers.
 */
export function expandLevels(path: string, written: Levels): readonly Json[] {
  if (Array.isArray(written)) return requireDifferent(path, written)
  if ('range' in written) return spaced(path, { scale: 'linear', ...written.range })
  if ('logRange' in written) return spaced(path, { scale: 'log', ...written.logRange })
  const kinds = 'random and latin-hypercube draw from an interval'
  throw new Refusal(
    'invalid-input',
    `factors.${path}: expected a list, a range or a logRange in this design, got ${quote(written)}; ${kinds}`,
  )
}

/**
 * The value at the part t of an interval: from + t · (to − from), or from¹⁻ᵗ · toᵗ on a logarithmic scale.
 *
 * @param t  0 ≤ t ≤ 1
 * @returns  in [from, to], exactly at its ends
 * Accuracy: that of `expandLevels`.
 */
export function valueAt({ scale, from, to }: Interval, t: number): number {
  if (t <= 0) return from + 0 // −0 becomes 0, as in JSON
  if (t >= 1) return to + 0
  const value = scale === 'linear' ? from + t * (to - from) : from ** (1 - t) * to ** t
  return Math.min(Math.max(value, from), to) // rounding may pass an end
}

function spaced(path: string, { count, ...interval }: Interval & { readonly count: number }): number[] {
  const exact = Array.from({ length: count }, (_, i) => valueAt(interval, i / (count - 1)))
  const values = exact.map((value, i) => (i === 0 || i === count - 1 ? value : readable(value, slack(interval, value))))
  for (const candidate of [values, exact])
    if (candidate.every((value, i) => i === 0 || value > (candidate[i - 1] ?? value))) return candidate
  throw new Refusal('invalid-input', `factors.${path}: expected a range wide enough for ${count} different numbers, got ${quote(interval)}`)
}

/** How far rounding may have moved a value of the formula. */
function slack({ scale, from, to }: Interval, value: number): number {
  if (scale === 'linear') return 2 ** -51 * Math.max(Math.abs(from), Math.abs(to))
  return (4 + Math.abs(Math.log(from)) + Math.abs(Math.log(to))) * 2 ** -53 * value
}

const readableDigits = 12

/** The shortest decimal within `slack` of a value, if one of at most 12 digits is; the value itself otherwise. */
function readable(value: number, slack: number): number {
  if (Math.abs(value) <= slack) return 0
  for (let digits = 1; digits <= readableDigits; digits += 1) {
    const short = Number(value.toPrecision(digits))
    if (Math.abs(short - value) <= slack) return short
  }
  return value
}

function requireDifferent(path: string, values: readonly Json[]): readonly Json[] {
  const seen = new Set<string>()
  for (const value of values) {
    const text = canonicalJson(value)
    if (seen.has(text)) throw new Refusal('invalid-input', `factors.${path}: expected levels that differ, got ${quote(value)} twice`)
    seen.add(text)
  }
  return values
}
