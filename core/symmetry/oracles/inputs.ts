/** What the closed forms ask of a single number. A broken rule is a refusal that names the argument, the rule and the value. */
import { Refusal } from '#core/contract/errors.ts'

/** Refuses NaN and ±∞. */
export function requireReal(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new Refusal('invalid-input', `${name}: expected a finite number, got ${value}`)
}

/** Refuses what is not finite or below 0. */
export function requireNonNegative(name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) throw new Refusal('invalid-input', `${name}: expected a finite number ≥ 0, got ${value}`)
}

/** Refuses what is not finite or not above 0. */
export function requirePositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw new Refusal('invalid-input', `${name}: expected a finite number > 0, got ${value}`)
}
