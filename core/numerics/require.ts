/** What every numerical function asks of its arguments. A broken rule is a refusal that names the argument, the rule and the value. */
import { Refusal } from '#core/contract/errors.ts'

/** Refuses an array that holds NaN or ±∞, naming the first place. */
export function requireFinite(name: string, values: readonly number[] | Float64Array): void {
  let index = 0
  for (const value of values) {
    if (!Number.isFinite(value)) throw new Refusal('invalid-input', `${name}: expected finite numbers, got ${value} at index ${index}`)
    index += 1
  }
}

/** Refuses anything but a whole number from `least` to 2⁵³ − 1. */
export function requireWhole(name: string, value: number, least = 0): void {
  if (Number.isSafeInteger(value) && value >= least) return
  const rule = least === Number.MIN_SAFE_INTEGER ? 'a whole number of size < 2^53' : `a whole number ≥ ${least} and < 2^53`
  throw new Refusal('invalid-input', `${name}: expected ${rule}, got ${value}`)
}

/** Refuses an array of another length. */
export function requireLength(name: string, values: ArrayLike<unknown>, length: number): void {
  if (values.length === length) return
  throw new Refusal('invalid-input', `${name}: expected ${length} entries, got ${values.length}`)
}

/** Refuses a confidence level that is not strictly between 0 and 1. */
export function requireLevel(name: string, level: number): void {
  if (level > 0 && level < 1) return
  throw new Refusal('invalid-input', `${name}: expected a number between 0 and 1, both excluded, got ${level}`)
}
