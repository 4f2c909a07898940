/**
 * A mirror: one reflection R = I − 2OOᵀ that leaves the loss of every sample unchanged.
 *
 * The parameters that it touches are named, and O acts on those alone, flattened in the order named: [d, k], orthonormal columns.
 * Source: the O-mirror of Ziyin, arXiv 2309.16932; theory.md 1.2.
 */
import { matrixTimes, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'

export type Entry = { readonly parameter: string; readonly index: number }
export type Mirror = { readonly name: string; readonly entries: readonly Entry[]; readonly o: Matrix }

type Parameters = Readonly<Record<string, Float64Array>>

/** The parameters that a mirror touches, as the vector θ that its O acts on. [d], float64. NaN for an entry that is not there. */
export function restrict(parameters: Parameters, { entries }: Mirror): Float64Array {
  return Float64Array.from(entries, ({ parameter, index }) => parameters[parameter]?.[index] ?? Number.NaN)
}

/** The parameters that a mirror touches replaced by a vector [d]; the others stay. A copy; entries that are not there are left out. */
export function replace(parameters: Parameters, { entries }: Mirror, block: Float64Array): Parameters {
  const copy: Record<string, Float64Array> = { ...parameters }
  for (const name of new Set(entries.map(({ parameter }) => parameter))) copy[name] = (parameters[name] ?? new Float64Array()).slice()
  for (const [i, { parameter, index }] of entries.entries()) {
    const values = copy[parameter]
    if (values !== undefined && index < values.length) values[index] = block[i] ?? Number.NaN
  }
  return copy
}

/**
 * The image of parameters in a mirror.
 *
 *   Rθ = θ − 2O(Oᵀθ)
 *
 * @param parameters  float64; the entries that the mirror does not touch stay, bit for bit
 * Accuracy: absolute, some k · 2⁻⁵² ‖θ‖ of the touched entries; applied twice it gives θ back as accurately.
 * Cost: 2 d k multiplications.
 * Source: theory.md 1.2.
 */
export function reflect(parameters: Parameters, mirror: Mirror): Parameters {
  return along(parameters, mirror, 2)
}

/**
 * The point of a mirror that is nearest to parameters.
 *
 *   θ̄ = (I − OOᵀ)θ = ½(θ + Rθ),   Oᵀθ̄ = 0,   ‖θ‖² = ‖θ̄‖² + ‖Oᵀθ‖²
 *
 * @param parameters  float64; the entries that the mirror does not touch stay, bit for bit
 * Accuracy: absolute, some k · 2⁻⁵² ‖θ‖ of the touched entries.
 * Cost: 2 d k multiplications.
 * Source: theory.md 1.3.
 */
export function symmetrise(parameters: Parameters, mirror: Mirror): Parameters {
  return along(parameters, mirror, 1)
}

/** θ − share · OOᵀθ. */
function along(parameters: Parameters, mirror: Mirror, share: number): Parameters {
  const theta = restrict(parameters, mirror)
  const normal = matrixTimes(mirror.o, transposeTimes(mirror.o, theta)) // OOᵀθ, [d]
  return replace(
    parameters,
    mirror,
    theta.map((value, i) => value - share * (normal[i] ?? Number.NaN)),
  )
}
