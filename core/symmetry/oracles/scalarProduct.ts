/**
 * Oracle 8.1: what a product of two numbers becomes under weight decay, in every convention of loss and decay that a library may use.
 *
 *   min over u, w of c(uw − y)² + γ(u² + w²):   v = uw = soft(y, γ/c)
 *
 * L2 on the factors acts on the product like L1: a product whose target lies inside the threshold becomes exactly 0.
 * The rule that turns any scale c into one threshold is theory.md 0.4.
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireNonNegative, requirePositive, requireReal } from './inputs.ts'
import { softThreshold } from './lasso.ts'

export const scalarProduct = { number: '8.1', title: { en: 'Product of two numbers', ja: '二つの数の積' } } as const

/** The decay γ, and the factor c in front of the squared error: 1 for (·)², ½ for ½(·)². */
export type ScaledDecay = { readonly weightDecay: number; readonly scale?: number }

/**
 * The product that minimises a squared error under equal decay of both factors.
 *
 *   argmin over v of c(v − y)² + 2γ|v| = soft(y, γ/c)
 *
 * @param y      the target, finite
 * @param decay  γ ≥ 0, c > 0; for ½(uw − y)² + (γ/2)(u² + w²) pass half of both or neither: only γ/c counts
 * @returns      v; both factors have the square |v|
 * Accuracy: two roundings.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.1, rows 1 to 3, and 0.4; Hoff 2017.
 */
export function productMinimum(y: number, { weightDecay, scale = 1 }: ScaledDecay): number {
  requireAll('productMinimum', { y, weightDecay, scale })
  return softThreshold(y, weightDecay / scale)
}

/**
 * The product and the squares of its factors when each factor has a decay of its own.
 *
 *   min of c(uw − y)² + γ_u u² + γ_w w²:   v = soft(y, √(γ_u γ_w)/c),   γ_u u² = γ_w w² = √(γ_u γ_w)|v|
 *
 * @param y      the target, finite
 * @param decay  decayU, decayW ≥ 0, both 0 or neither: with one of them 0 the least cost is approached and never reached; scale c > 0
 * @returns      v, uSquared, wSquared; the squares are NaN if both decays are 0, where only their product v² is determined
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.1, row 4.
 */
export function unequalDecayMinimum(
  y: number,
  { decayU, decayW, scale = 1 }: { readonly decayU: number; readonly decayW: number; readonly scale?: number },
): { readonly v: number; readonly uSquared: number; readonly wSquared: number } {
  requireAll('unequalDecayMinimum', { y, weightDecay: decayU, scale })
  requireNonNegative('unequalDecayMinimum: decayW', decayW)
  if ((decayU === 0) !== (decayW === 0)) {
    throw new Refusal('invalid-input', `unequalDecayMinimum: decayU, decayW: expected both 0 or neither, got ${decayU} and ${decayW}`)
  }
  const v = softThreshold(y, (Math.sqrt(decayU) * Math.sqrt(decayW)) / scale) // a product of roots: γ_u γ_w may leave float64
  const ratio = Math.sqrt(decayW / decayU) // 0 / 0 is the NaN that is promised
  return { v, uSquared: Math.abs(v) * ratio, wSquared: Math.abs(v) / ratio }
}

/**
 * The difference of two squares that minimises a squared error.
 *
 *   min of c(u² − w² − y)² + γ(u² + w²):   v = u² − w² = soft(y, γ/2c)
 *
 * Half of the product's threshold, since u² + w² ≥ |u² − w²| where u² + w² ≥ 2|uw|.
 *
 * @param y      the target, finite
 * @param decay  γ ≥ 0, c > 0
 * @returns      v; one of u, w is 0
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.1, row 5.
 */
export function differenceOfSquaresMinimum(y: number, { weightDecay, scale = 1 }: ScaledDecay): number {
  requireAll('differenceOfSquaresMinimum', { y, weightDecay, scale })
  return softThreshold(y, weightDecay / (2 * scale))
}

/**
 * The square that minimises a squared error.
 *
 *   min of c(u² − y)² + γu²:   v = u² = max(y − γ/2c, 0)
 *
 * @param y      the target, finite; a negative one ends at 0 without any decay
 * @param decay  γ ≥ 0, c > 0
 * @returns      v ≥ 0
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.1, row 6; the trap u = w of 11.1.
 */
export function squareMinimum(y: number, { weightDecay, scale = 1 }: ScaledDecay): number {
  requireAll('squareMinimum', { y, weightDecay, scale })
  return Math.max(softThreshold(y, weightDecay / (2 * scale)), 0)
}

function requireAll(
  name: string,
  { y, weightDecay, scale }: { readonly y: number; readonly weightDecay: number; readonly scale: number },
): void {
  requireReal(`${name}: y`, y)
  requireNonNegative(`${name}: weightDecay`, weightDecay)
  requirePositive(`${name}: scale`, scale)
}
