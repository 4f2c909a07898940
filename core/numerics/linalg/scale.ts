/** Scales that keep squares inside the range of float64 without rounding anything. */

/**
 * The power of two next to a size.
 *
 *   s = 2^⌊log₂ largest⌋, at most 2¹⁰²³
 *
 * x / s and s · x are exact unless the result is subnormal (below 2.2e-308): that is rounded to a multiple of 2⁻¹⁰⁷⁴.
 *
 * @param largest  > 0, finite
 * @returns        a power of two with largest / s in [1/2, 2]; a logarithm rounded across a whole number does no harm
 */
export function powerOfTwoScale(largest: number): number {
  return 2 ** Math.min(1023, Math.floor(Math.log2(largest)))
}
