/** The mean time until an event up to a horizon: what can be averaged although some runs end before it happens. */
import { Refusal } from '#core/contract/errors.ts'
import { requireLevel } from '#core/numerics/require.ts'
import { normalCritical } from './distributions.ts'
import type { SurvivalCurve } from './kaplanMeier.ts'

export interface RestrictedMean {
  readonly value: number // in [0, until]
  readonly standardError: number
  readonly interval: { readonly low: number; readonly high: number } | null // null where the runs show no spread: fewer than two, or none in their times
}

/**
 * The restricted mean survival time: the area under the Kaplan–Meier curve up to a horizon, the mean of min(T, τ).
 *
 *   μ(τ) = ∫₀^τ S(t) dt,   e² = Σ_{t_k ≤ τ} (∫_{t_k}^τ S(t) dt)² d_k / (n_k (n_k − d_k)),   interval μ ± z e, cut to [0, τ]
 *
 * Without censoring it is the mean of min(T, τ) and e² = Σ (min(T, τ) − μ)² / N². Where the last runs have the event together (n_k = d_k) the area
 * beyond is 0 and so is the term. Two levels are compared at one τ; stretching time stretches all of it alike.
 *
 * @param curve    of `kaplanMeier`, of at least one run
 * @param options  until: τ ≥ 0, finite, at most the curve's last time unless survival is 0 there; level between 0 and 1
 * @returns        in the unit of time
 * Accuracy: relative error about steps · 2⁻⁵². The interval is asymptotic: rough below ten events.
 * Cost: one pass over the curve's steps.
 * Fails: 'invalid-input' if there are no runs, τ is negative, NaN, ±∞ or beyond what the curve knows, or the level is not between 0 and 1.
 * Source: Irwin 1949; Klein & Moeschberger, "Survival Analysis", 2nd ed., section 4.5; Royston & Parmar 2013.
 */
export function restrictedMean(
  curve: SurvivalCurve,
  { until, level = 0.95 }: { readonly until: number; readonly level?: number },
): RestrictedMean {
  requireLevel('restrictedMean: level', level)
  const known = horizonOf(curve)
  if (!(until >= 0 && until <= known && until < Infinity))
    throw new Refusal('invalid-input', `restrictedMean: until: expected a time from 0 to ${known}, as far as the curve goes, got ${until}`)
  let [beyond, variance, right] = [0, 0, until] // the area from `right` to the horizon
  for (const { time, atRisk, events, survival } of curve.steps.toReversed()) {
    if (time > until) continue
    beyond += survival * (right - time)
    right = time
    if (atRisk > events) variance += (beyond * beyond * events) / (atRisk * (atRisk - events))
  }
  const value = beyond + right // survival 1 up to the first event
  const standardError = Math.sqrt(variance)
  const half = normalCritical(level) * standardError
  return {
    value,
    standardError,
    interval: standardError > 0 ? { low: Math.max(0, value - half), high: Math.min(until, value + half) } : null,
  }
}

/** Up to where a curve is known: its last time; for ever where every run has had the event; nowhere (−∞) without runs. */
export function horizonOf({ steps, lastTime }: SurvivalCurve): number {
  if (lastTime === null) return -Infinity
  return steps.at(-1)?.survival === 0 ? Infinity : lastTime
}
