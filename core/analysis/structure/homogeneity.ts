/**
 * How many different neurons a layer has: the 0.1/0.1 rule of theory.md, section 9.
 *
 * The row of a neuron = (incoming weights, bias, outgoing weights). What two rows must share to be one neuron depends on the activation: an
 * odd one hides a sign (`canonicalSigns`), ReLU a scale (`normaliseScales`). The rule compares rows as they stand, so bring them to one form first.
 * Not a clustering with an optimum: the groups depend on the order of the neurons, which is the layer's own.
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireMatrix, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { dot, maxAbs, norm } from '#core/numerics/linalg/vector.ts'

const vanishingShare = 0.1 // of the largest norm of a row
const groupDistance = 0.1 // on a scale from 0, equal, over 2, orthogonal, to 4, opposite

/** Counts are NaN, and both lists empty, where a row holds NaN or ±∞. */
export interface Homogeneity {
  readonly width: number
  readonly survivors: number
  readonly groups: number
  readonly groupsPerWidth: number
  readonly members: readonly (readonly number[])[] // the neurons of each group, its representative first
  readonly vanishing: readonly number[]
}

/**
 * Groups of neurons that are copies of each other, and neurons that have vanished.
 *
 *   vanishing: ‖a‖ < 0.1 · max ‖·‖; the rest survive
 *   d(a, b) = 2‖a − b‖² / (‖a‖² + ‖b‖²), in [0, 4]
 *   the first ungrouped survivor becomes a representative and takes every later ungrouped one with d < 0.1; and so on
 *
 * Multiplying all rows by one number, or the same orthogonal map of all rows, changes nothing. Appending a neuron that vanishes adds 1 to
 * the width alone.
 *
 * @param rows  [neurons, row length], float64, in one form (`canonicalSigns`, `normaliseScales`)
 * @returns     dimensionless counts: groups ≤ survivors ≤ width; all rows zero: survivors 0, groups 0; no neurons: groups per width NaN
 * Accuracy: both thresholds are compared to within row length · 2⁻⁵³, relative.
 * Cost: survivors · groups · row length multiplications.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values.
 * Source: theory.md section 9; both thresholds are ours.
 */
export function homogeneity(rows: Matrix): Homogeneity {
  requireMatrix('homogeneity: rows', rows)
  const width = rows.rows
  const largestEntry = maxAbs(rows.values)
  if (!Number.isFinite(largestEntry)) {
    return { width, survivors: Number.NaN, groups: Number.NaN, groupsPerWidth: Number.NaN, members: [], vanishing: [] }
  }
  // A power of two rounds nothing and keeps the squares of 1e200 finite.
  const scale = largestEntry === 0 ? 1 : powerOfTwoScale(largestEntry)
  const scaled = Array.from({ length: width }, (_, row) => rowOf(rows, row).map((value) => value / scale))
  const norms = scaled.map(norm)
  const largest = maxAbs(Float64Array.from(norms))
  const survives = norms.map((size) => largest > 0 && !(size < vanishingShare * largest))
  const members = groupsOf(scaled, survives)
  return {
    width,
    survivors: survives.filter(Boolean).length,
    groups: members.length,
    groupsPerWidth: members.length / width,
    members,
    vanishing: [...survives.keys()].filter((neuron) => !survives[neuron]),
  }
}

function groupsOf(rows: readonly Float64Array[], survives: readonly boolean[]): number[][] {
  const groups: { readonly representative: Neuron; readonly members: number[] }[] = []
  for (const [index, row] of rows.entries()) {
    if (!survives[index]) continue
    const neuron = { row, squares: dot(row, row) }
    // The first representative that is near enough is the one whose turn would have come first.
    const home = groups.find(({ representative }) => distance(representative, neuron) < groupDistance)
    if (home === undefined) groups.push({ representative: neuron, members: [index] })
    else home.members.push(index)
  }
  return groups.map(({ members }) => members)
}

type Neuron = { readonly row: Float64Array; readonly squares: number } // ‖row‖², > 0 for a survivor

/** 2‖a − b‖² / (‖a‖² + ‖b‖²). */
function distance(a: Neuron, b: Neuron): number {
  let apart = 0
  for (let i = 0; i < a.row.length; i++) apart += (at(a.row, i) - at(b.row, i)) ** 2
  return (2 * apart) / (a.squares + b.squares)
}

/**
 * Rows of neurons with an odd activation, each with the sign that makes its main outgoing weight positive.
 *
 *   row ← sign(u_k) · row,   k the outgoing weight of largest size, the first of equals; sign(0) = +
 *
 * u·tanh(wᵀx + b) = (−u)·tanh(−wᵀx − b): a row and its negative are one neuron, and both get the same form unless two outgoing weights tie in
 * size. Applying it twice changes nothing.
 *
 * @param rows      [neurons, row length], float64
 * @param outgoing  the columns that hold outgoing weights
 * @returns         [neurons, row length], a copy; a row whose outgoing weights hold NaN stays as it is
 * Accuracy: exact.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values or a column is not one of its columns.
 * Source: theory.md section 9.
 */
export function canonicalSigns(rows: Matrix, outgoing: readonly number[]): Matrix {
  requireColumns('canonicalSigns', rows, outgoing)
  const values = rows.values.slice()
  for (let row = 0; row < rows.rows; row++) {
    const cells = values.subarray(row * rows.columns, (row + 1) * rows.columns)
    let main = 0
    for (const column of outgoing) if (Math.abs(at(cells, column)) > Math.abs(main)) main = at(cells, column)
    if (main < 0) for (let column = 0; column < cells.length; column++) cells[column] = -at(cells, column)
  }
  return { ...rows, values }
}

/**
 * Rows of ReLU neurons, each at the scale where its outgoing weights are as large as its incoming ones.
 *
 *   (w, b, u) ← (ρw, ρb, u / ρ),   ρ = √(‖u‖ / ‖(w, b)‖),   so that ‖u‖ = ‖(w, b)‖
 *
 * ρ > 0 leaves u·relu(wᵀx + b) as it is, so rows that are equal up to ρ get the same form; it is the one of least norm. A neuron whose
 * incoming or outgoing weights are all zero says nothing at any scale, and its row becomes zero. The bias counts as an incoming weight.
 *
 * @param rows      [neurons, row length], float64
 * @param outgoing  the columns that hold outgoing weights; all others are incoming
 * @returns         [neurons, row length], a copy; NaN throughout a row that holds NaN or ±∞
 * Accuracy: a few roundings of 2⁻⁵³, relative, in every entry.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values or a column is not one of its columns.
 * Source: theory.md 11.12; |u| = ‖w‖ holds at every minimum under weight decay (8.13).
 */
export function normaliseScales(rows: Matrix, outgoing: readonly number[]): Matrix {
  requireColumns('normaliseScales', rows, outgoing)
  const isOutgoing = new Set(outgoing)
  const values = new Float64Array(rows.values.length)
  for (let row = 0; row < rows.rows; row++) {
    const cells = rowOf(rows, row)
    const sizes = {
      out: norm(cells.filter((_, column) => isOutgoing.has(column))),
      in: norm(cells.filter((_, column) => !isOutgoing.has(column))),
    }
    const isFinite = Number.isFinite(sizes.out) && Number.isFinite(sizes.in)
    // Root by root: ‖u‖ / ‖w‖ may overflow where its root does not.
    const ratio = Math.sqrt(sizes.out) / Math.sqrt(sizes.in)
    const isSilent = sizes.out === 0 || sizes.in === 0
    values.set(
      cells.map((value, column) => (!isFinite ? Number.NaN : isSilent ? 0 : isOutgoing.has(column) ? value / ratio : value * ratio)),
      row * rows.columns,
    )
  }
  return { ...rows, values }
}

function requireColumns(name: string, rows: Matrix, columns: readonly number[]): void {
  requireMatrix(`${name}: rows`, rows)
  for (const column of columns) {
    if (Number.isInteger(column) && column >= 0 && column < rows.columns) continue
    throw new Refusal('invalid-input', `${name}: outgoing: expected columns from 0 to ${rows.columns - 1}, got ${column}`)
  }
}

function rowOf({ columns, values }: Matrix, row: number): Float64Array {
  return values.subarray(row * columns, (row + 1) * columns)
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
