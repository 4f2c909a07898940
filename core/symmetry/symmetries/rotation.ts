/**
 * Rotation: linear units may be mixed by any orthogonal matrix, (U, V) → (UQ, QᵀV), or W → WQ, or W → QW where they have one side.
 *
 * It contains a mirror for every direction n, Q = I − 2nnᵀ, O = n ⊗ I: on it Un = 0 and nᵀV = 0, and the rank has fallen by one. Sign flips (n a unit vector)
 * and swaps (n = (1, −1)/√2 of two units) are among them. Between two sides the symmetry is larger, (UA, A⁻¹V), and that is what keeps UᵀU − VVᵀ; but only orthogonal A
 * leave ‖θ‖ alone.
 * Source: theory.md section 3; 8.6 for what is conserved.
 */
import { matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { qr } from '#core/numerics/linalg/qr.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { Symmetry, SymmetryFamily } from './symmetry.ts'
import { countOf, entriesOf, named, normalTo, rowsOf, shareOf, unitsOf, withRows, type Units } from './units.ts'

const title = { en: 'Rotation of linear units', ja: '線形ユニットの回転' } as const

export const rotation: Symmetry = {
  kind: 'rotation',
  title,
  of: (model) =>
    unitsOf(model)
      .filter(({ activation }) => activation === 'linear')
      .map(family),
}

function family(units: Units): SymmetryFamily {
  const { name, title: own } = named({ name: 'rotation', title }, units)
  const isDouble = new Set(units.sides.map(({ role }) => role)).size === 2
  return {
    kind: 'rotation',
    name,
    title: own,
    blocks: units.sides.map(({ parameter }) => parameter),
    hasMirrors: true,
    isFinite: false,
    onMirror: 'dependent',
    areSignedPermutations: false,
    element: (key, like) => {
      const n = countOf(units, like)
      return { kind: 'orthogonal', q: qr({ rows: n, columns: n, values: drawNormal(key, n * n) }).q }
    },
    act: (parameters, element) =>
      element.kind === 'orthogonal'
        ? withRows(units, parameters, matrixProduct(transposed(element.q), rowsOf(units, parameters))) // columns of UQ, rows of QᵀV
        : parameters,
    mirrors: () => [],
    mirrorAt: (n, like) =>
      normalTo(
        `${name}:n`,
        n,
        [...n.keys()].map((j) => entriesOf(units, like, j)),
      ),
    residuals: (parameters) => Float64Array.of(leastResidual(rowsOf(units, parameters))),
    conserved: isDouble ? { tex: 'U^\\top U - VV^\\top', of: (parameters) => imbalance(units, parameters) } : null,
  }
}

/** min_n ‖Σ_j n_j θ_j‖ / ‖θ‖ = σ_min / ‖θ‖ of the rows as columns; 0 where there are more units than numbers in a row. */
function leastResidual(rows: Matrix): number {
  if (rows.rows === 0 || !rows.values.every(Number.isFinite)) return Number.NaN
  const size = norm(rows.values)
  if (size === 0 || rows.columns < rows.rows) return 0
  return shareOf(singularValues(transposed(rows))[rows.rows - 1] ?? Number.NaN, size)
}

/** Inner products of what goes into two units less those of what comes out, [units, units]. */
function imbalance(units: Units, parameters: Parameters): Float64Array {
  const [into, out] = [rowsOf(units, parameters, 'in'), rowsOf(units, parameters, 'out')]
  const ofOut = matrixProduct(out, transposed(out)).values
  return matrixProduct(into, transposed(into)).values.map((value, i) => value - (ofOut[i] ?? Number.NaN))
}
