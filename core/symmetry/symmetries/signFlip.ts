/**
 * Sign flip: a unit with an odd activation is the same function as its negative, (u, w, b) → −(u, w, b); an output bias stays.
 *
 * Each flip is a mirror with O = I on the unit: on it the unit is 0, a dead neuron. In a linear β-VAE the unit is the pair (u_i, w_i) of a
 * direction, in the self-supervised landscape, whose data is diagonal, a column of W: zero is collapse.
 * Linear units are turned by every orthogonal map: their flips are in `rotation`.
 * Source: theory.md section 3, notes (i) and (vi).
 */
import { drawUniform } from '#core/numerics/random/draw.ts'
import type { Symmetry, SymmetryFamily } from './symmetry.ts'
import { countOf, entriesOf, named, rowsOf, shares, unitsOf, vanishing, withRows, type Units } from './units.ts'

const title = { en: 'Sign flip of a unit', ja: '符号の反転' } as const

export const signFlip: Symmetry = {
  kind: 'sign-flip',
  title,
  of: (model) =>
    unitsOf(model)
      .filter(({ activation }) => activation === 'odd')
      .map(family),
}

function family(units: Units): SymmetryFamily {
  const { name, title: own } = named({ name: 'sign-flip', title }, units)
  return {
    kind: 'sign-flip',
    name,
    title: own,
    blocks: units.sides.map(({ parameter }) => parameter),
    hasMirrors: true,
    isFinite: true,
    onMirror: 'zero',
    areSignedPermutations: true,
    element: (key, like) => ({ kind: 'signs', signs: drawUniform(key, countOf(units, like)).map((u) => (u < 0.5 ? -1 : 1)) }),
    act: (parameters, element) => {
      if (element.kind !== 'signs') return parameters
      const rows = rowsOf(units, parameters)
      const values = rows.values.map((value, i) => value * (element.signs[Math.floor(i / rows.columns)] ?? Number.NaN))
      return withRows(units, parameters, { ...rows, values })
    },
    mirrors: (like) => Array.from({ length: countOf(units, like) }, (_, j) => vanishing(`${name}:${j}`, entriesOf(units, like, j))),
    mirrorAt: null,
    residuals: (parameters) => shares(rowsOf(units, parameters)),
    conserved: null,
  }
}
