/**
 * A mirror: one reflection R = I − 2OOᵀ that leaves the loss of every sample unchanged.
 *
 * The parameters that it touches are named, and O acts on those alone, flattened in the order named: [d, k], orthonormal columns.
 * Source: the O-mirror of Ziyin, arXiv 2309.16932; theory.md 1.2.
 */
import type { Matrix } from '#core/numerics/linalg/matrix.ts'

export type Entry = { readonly parameter: string; readonly index: number }
export type Mirror = { readonly name: string; readonly entries: readonly Entry[]; readonly o: Matrix }

/** The parameters that a mirror touches, as the vector θ that its O acts on. [d], float64. NaN for an entry that is not there. */
export function restrict(parameters: Readonly<Record<string, Float64Array>>, { entries }: Mirror): Float64Array {
  return Float64Array.from(entries, ({ parameter, index }) => parameters[parameter]?.[index] ?? Number.NaN)
}
