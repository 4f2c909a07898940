/**
 * Linear conditions Oᵀθ = 0 as orthonormal columns O [d, k], given in numbers or by name.
 *
 * Names for O: O = (I; −I)/√2 ties the first half of θ to the second; the fused differences θ_{i+1} = θ_i, orthonormalised; the complement of a subspace that θ
 * shall lie in; the antisymmetric matrices (E_ij − E_ji)/√2, for a matrix that shall be symmetric; all of θ, for plain sparsity.
 * Source: theory.md section 4, "Choosing O".
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { orthonormalise } from '#core/numerics/linalg/qr.ts'
import type { ParameterShape } from '../models/model.ts'
import { sizeOf } from './reparametrisation.ts'

const vectors = z.array(z.array(z.number()).min(1)).min(1)

export const constraintSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('zero') }),
  z.strictObject({ kind: z.literal('tie') }),
  z.strictObject({ kind: z.literal('difference') }),
  z.strictObject({ kind: z.literal('symmetric-matrix') }),
  z.strictObject({ kind: z.literal('subspace'), spannedBy: vectors.describe('vectors of length d; θ is to lie in their span') }),
  z.strictObject({ kind: z.literal('orthonormal'), columns: vectors.describe('the columns of O, each of length d, orthonormal') }),
])
export type Constraint = z.output<typeof constraintSchema>

const field = 'reparametrise.constraint'

/**
 * @param targets  what θ is made of, joined in their order; d entries
 * @returns        O [d, k], max |OᵀO − I| ≤ 1e-6 where it was given in numbers, else to rounding
 * Fails: 'invalid-input' for vectors of another length, columns that are not orthonormal, an odd d to tie, or a target that is not square to be symmetric.
 */
export function constraintMatrix(constraint: Constraint, targets: readonly ParameterShape[]): Matrix {
  const d = targets.reduce((sum, target) => sum + sizeOf(target), 0)
  switch (constraint.kind) {
    case 'zero':
      return fromColumns(d, d, (i, k) => (i === k ? 1 : 0))
    case 'tie':
      if (d % 2 === 1 || d === 0) throw new Refusal('invalid-input', `${field}: expected an even number of entries to tie, got ${d}`)
      return fromColumns(d, d / 2, (i, k) => (i === k ? Math.SQRT1_2 : i === k + d / 2 ? -Math.SQRT1_2 : 0))
    case 'difference':
      if (d < 2) throw new Refusal('invalid-input', `${field}: expected at least two entries to differ, got ${d}`)
      return orthonormalise(fromColumns(d, d - 1, (i, k) => (i === k ? -1 : i === k + 1 ? 1 : 0)))
    case 'symmetric-matrix':
      return antisymmetric(targets)
    case 'subspace':
      return complement(asColumns(constraint.spannedBy, d, 'spannedBy'))
    case 'orthonormal':
      return requireOrthonormal(asColumns(constraint.columns, d, 'columns'))
  }
}

function fromColumns(rows: number, columns: number, entry: (row: number, column: number) => number): Matrix {
  return { rows, columns, values: Float64Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns)) }
}

function asColumns(given: readonly (readonly number[])[], d: number, name: string): Matrix {
  const wrong = given.find(({ length }) => length !== d)
  if (wrong !== undefined)
    throw new Refusal(
      'invalid-input',
      `${field}.${name}: expected vectors of ${d} numbers, one for each entry of the parameters, got ${wrong.length}`,
    )
  if (given.length > d) throw new Refusal('invalid-input', `${field}.${name}: expected at most ${d} vectors, got ${given.length}`)
  return fromColumns(d, given.length, (i, k) => given[k]?.[i] ?? Number.NaN)
}

function requireOrthonormal(o: Matrix): Matrix {
  const gram = matrixProduct(transposed(o), o)
  for (const [place, value] of gram.values.entries()) {
    const [a, b] = [Math.floor(place / o.columns), place % o.columns]
    if (Math.abs(value - (a === b ? 1 : 0)) <= 1e-6) continue
    throw new Refusal(
      'invalid-input',
      `${field}.columns: expected orthonormal columns, got ${quote(value)} as the product of columns ${a + 1} and ${b + 1}`,
    )
  }
  return o
}

/** Orthonormal columns that span what is orthogonal to the given ones. */
function complement(span: Matrix): Matrix {
  const q = orthonormalise(span)
  if (q.columns === span.rows)
    throw new Refusal('invalid-input', `${field}.spannedBy: expected a subspace, got vectors that span everything`)
  const projector = matrixProduct(q, transposed(q))
  const rest = { ...projector, values: projector.values.map((value, i) => (i % (span.rows + 1) === 0 ? 1 : 0) - value) }
  return orthonormalise(rest, 0.5) // singular values of a projector are 1, or 0 up to rounding
}

function antisymmetric(targets: readonly ParameterShape[]): Matrix {
  const d = targets.reduce((sum, target) => sum + sizeOf(target), 0)
  const pairs: (readonly [number, number])[] = []
  let start = 0
  for (const target of targets) {
    const [n = 0, m] = target.shape
    if (target.shape.length !== 2 || n !== m)
      throw new Refusal(
        'invalid-input',
        `${field}: expected square matrices to be symmetric, got ${quote(target.name)} of shape [${target.shape.join(', ')}]`,
      )
    for (let i = 0; i < n; i += 1) for (let j = i + 1; j < n; j += 1) pairs.push([start + i * n + j, start + j * n + i])
    start += n * n
  }
  if (pairs.length === 0) throw new Refusal('invalid-input', `${field}: expected a matrix with entries beside its diagonal, got none`)
  return fromColumns(d, pairs.length, (i, k) => (i === pairs[k]?.[0] ? Math.SQRT1_2 : i === pairs[k]?.[1] ? -Math.SQRT1_2 : 0))
}
