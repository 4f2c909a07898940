/**
 * Permutation: units of a layer may change places with all that belongs to them.
 *
 * Its reflections are the swaps, O = (I; −I)/√2: on one of them two units are equal. Units with an odd activation may change places and signs, O = (I; I)/√2, so
 * that a pair has two mirrors. Linear units are turned by every orthogonal map: their swaps are in `rotation`.
 * Source: theory.md section 3, notes (i) and (iii).
 */
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { maxAbs, norm } from '#core/numerics/linalg/vector.ts'
import { permutation as drawPermutation } from '#core/numerics/random/draw.ts'
import type { Symmetry, SymmetryFamily } from './symmetry.ts'
import { countOf, entriesOf, named, normalTo, rowsOf, shareOf, unitsOf, withRows, type Units } from './units.ts'

const title = { en: 'Swap of two units', ja: 'ユニットの交換' } as const

export const permutation: Symmetry = {
  kind: 'permutation',
  title,
  of: (model) =>
    unitsOf(model)
      .filter(({ activation, areExchangeable }) => areExchangeable && activation !== 'linear')
      .map(family),
}

function family(units: Units): SymmetryFamily {
  const { name, title: own } = named({ name: 'permutation', title }, units)
  const isOdd = units.activation === 'odd'
  return {
    kind: 'permutation',
    name,
    title: own,
    blocks: units.sides.map(({ parameter }) => parameter),
    hasMirrors: true,
    isFinite: true,
    onMirror: 'equal',
    areSignedPermutations: true,
    element: (key, like) => ({ kind: 'order', order: drawPermutation(key, countOf(units, like)) }),
    act: (parameters, element) => {
      if (element.kind !== 'order') return parameters
      const rows = rowsOf(units, parameters)
      const place = (i: number) => (element.order[Math.floor(i / rows.columns)] ?? Number.NaN) * rows.columns + (i % rows.columns)
      return withRows(units, parameters, { ...rows, values: rows.values.map((_, i) => rows.values[place(i)] ?? Number.NaN) })
    },
    mirrors: (like) =>
      pairsOf(countOf(units, like)).flatMap(([a, b]) => {
        const rows = [entriesOf(units, like, a), entriesOf(units, like, b)]
        const swap = normalTo(`${name}:${a}↔${b}`, [Math.SQRT1_2, -Math.SQRT1_2], rows)
        return isOdd ? [swap, normalTo(`${name}:${a}↔−${b}`, [Math.SQRT1_2, Math.SQRT1_2], rows)] : [swap]
      }),
    mirrorAt: null,
    residuals: (parameters) => pairResiduals(rowsOf(units, parameters), isOdd),
    conserved: null,
  }
}

/** a < b, in order. */
function pairsOf(count: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, a) => Array.from({ length: count - a - 1 }, (__, i) => [a, a + 1 + i] as const)).flat()
}

/** min over the signs that the activation hides of ‖θ_a ∓ θ_b‖ / (√2‖θ‖), for every pair. Cost: units² · row length. */
function pairResiduals({ rows, columns, values }: Matrix, isOdd: boolean): Float64Array {
  const largest = maxAbs(values)
  const scale = largest === 0 || !Number.isFinite(largest) ? 1 : powerOfTwoScale(largest) // else the squares of 1e200 overflow
  const scaled = values.map((value) => value / scale)
  const size = norm(scaled)
  const residuals = new Float64Array((rows * (rows - 1)) / 2)
  let place = 0
  for (let a = 0; a < rows; a += 1) {
    const one = scaled.subarray(a * columns, (a + 1) * columns)
    for (let b = a + 1; b < rows; b += 1) {
      const other = scaled.subarray(b * columns, (b + 1) * columns)
      const squares = isOdd ? Math.min(squaresOf(one, other, -1), squaresOf(one, other, 1)) : squaresOf(one, other, -1)
      residuals[place] = shareOf(Math.sqrt(squares / 2), size)
      place += 1
    }
  }
  return residuals
}

/** ‖a + sign · b‖². */
function squaresOf(a: Float64Array, b: Float64Array, sign: 1 | -1): number {
  let sum = 0
  for (let k = 0; k < a.length; k += 1) {
    const entry = (a[k] ?? Number.NaN) + sign * (b[k] ?? Number.NaN)
    sum += entry * entry
  }
  return sum
}
