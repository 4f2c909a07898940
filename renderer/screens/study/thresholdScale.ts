/** Where local thresholds and the study's γ stand on one log axis, in percent of its width. */
import type { MirrorRow } from '#core/contract/index.ts'

export type ThresholdScale = { readonly low: number; readonly high: number; at(value: number): number }

/**
 * An axis of whole decades that holds every positive threshold and γ; what is not positive stands at its left end. Null without a positive number.
 */
export function thresholdScale(rows: readonly Pick<MirrorRow, 'threshold' | 'decay'>[]): ThresholdScale | null {
  const values = rows.flatMap(({ threshold, decay }) => [threshold?.value ?? 0, decay ?? 0]).filter((value) => value > 1e-12) // below is rounding
  if (values.length === 0) return null
  const low = Math.floor(Math.log10(Math.min(...values)) - 0.05)
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) + 0.05))
  const at = (value: number) => (value <= 10 ** low ? 0 : Math.min(100, (100 * (Math.log10(value) - low)) / (high - low)))
  return { low: 10 ** low, high: 10 ** high, at }
}
