/**
 * What the weights of a network say, layer by layer: how many are zero, how large they are, what rank they have.
 *
 * Takes the plain weights by name, ours or those of a file of another library. Knows nothing of the network: which layer follows which, and so copies
 * and mirrors, are for `homogeneity` and `residuals`.
 */
import { Refusal, quote } from '#core/contract/errors.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { sparsity } from '../metrics/sparsity.ts'
import { spectrumOf, type Spectrum } from './spectrum.ts'

/** An array of weights, row after row. */
export interface Weights {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
}

/** Where a kernel of more than two axes has its output channels: first in PyTorch ([out, in, h, w]), last in TensorFlow and here ([h, w, in, out]). */
export type KernelLayout = 'output-first' | 'output-last'

export const sparsityThresholds = [1e-3, 1e-6, 1e-9, 1e-12] as const

/** One row of the table. A vector (a bias, a scale) is no map, and has null for its matrix and its spectrum. Numbers are NaN where a weight is NaN or ±∞. */
export interface LayerStructure {
  readonly name: string
  readonly shape: readonly number[]
  readonly entries: number
  readonly sparsity: readonly { readonly threshold: number; readonly share: number }[] // share of weights with |w| < threshold
  readonly exactZeros: number // share of weights that are 0
  readonly norm: number // ‖W‖, the Frobenius norm
  readonly matrix: { readonly rows: number; readonly columns: number } | null
  readonly largestSingularValue: number | null // σ₁; 0 for a matrix without entries
  readonly spectrum: Spectrum | null
}

/**
 * The table of a network's layers, in the order of the record.
 *
 *   sparsity(t) = #{|w| < t} / entries for t = 10⁻³, 10⁻⁶, 10⁻⁹, 10⁻¹²
 *
 * A kernel of more than two axes is taken as the matrix out × (in · h · w); a matrix stays as it is, since nothing here changes when it is transposed.
 * Of a factorised layer give the product: the sparsity of a factor says nothing.
 *
 * @param weights  named arrays, float32 or float64; ε of the machine rank is that of the array
 * @param layout   where kernels have their output channels
 * @returns        shares and ranks dimensionless, norms in the weights' unit; an array without entries has NaN shares and norm 0
 * Accuracy: that of `spectrumOf`; counts are exact.
 * Cost: rows · columns · min(rows, columns) for each layer, times a small number.
 * Fails: 'invalid-input' if a shape is not whole or does not multiply to the number of values.
 * Source: theory.md section 9.
 */
export function layerStructures(weights: Readonly<Record<string, Weights>>, layout: KernelLayout = 'output-first'): LayerStructure[] {
  return Object.entries(weights).map(([name, array]) => structureOf(name, array, layout))
}

function structureOf(name: string, { shape, values: stored }: Weights, layout: KernelLayout): LayerStructure {
  requireShape(name, shape, stored.length)
  const values = Float64Array.from(stored)
  const matrix = matrixOf(shape, values, layout)
  const spectrum = matrix === null ? null : spectrumOf(matrix, stored instanceof Float32Array ? 2 ** -23 : 2 ** -52)
  return {
    name,
    shape,
    entries: values.length,
    sparsity: sparsityThresholds.map((threshold) => ({ threshold, share: sparsity(values, threshold) })),
    exactZeros: sparsity(values, Number.MIN_VALUE), // below the least number > 0
    norm: values.every(Number.isFinite) ? norm(values) : Number.NaN,
    matrix: matrix === null ? null : { rows: matrix.rows, columns: matrix.columns },
    largestSingularValue: spectrum === null ? null : (spectrum.singularValues[0] ?? 0),
    spectrum,
  }
}

function requireShape(name: string, shape: readonly number[], length: number): void {
  for (const size of shape) requireWhole(`${quote(name)}: shape`, size)
  const product = shape.reduce((entries, size) => entries * size, 1)
  if (product === length) return
  throw new Refusal('invalid-input', `${quote(name)}: expected ${product} values for shape [${shape.join(', ')}], got ${length}`)
}

/** A kernel as out × (in · h · w); null for a number or a vector. The order of the columns has no effect on what is measured. */
function matrixOf(shape: readonly number[], values: Float64Array, layout: KernelLayout): Matrix | null {
  const [first, second] = shape
  if (first === undefined || second === undefined) return null
  if (shape.length === 2) return { rows: first, columns: second, values }
  const inner = (sizes: readonly number[]) => sizes.reduce((product, size) => product * size, 1)
  if (layout === 'output-first') return { rows: first, columns: inner(shape.slice(1)), values }
  const outputs = shape.at(-1) ?? 0
  const inputs = inner(shape.slice(0, -1))
  return {
    rows: outputs,
    columns: inputs,
    values: values.map((_, i) => values[(i % inputs) * outputs + Math.floor(i / inputs)] ?? Number.NaN),
  }
}
