/**
 * Rescaling: ℓ(u, w) = ℓ(ρu, w/ρ), ρ ≠ 0, for each coordinate and each two of the factors of its product.
 *
 * Its reflections exchange u ↔ w (n₂ = (1, −1)/√2) or u ↔ −w (n₁ = (1, 1)/√2), and together they turn both signs (ρ = −1, O = I on the pair).
 * The state on both is u = w = 0: the coordinate's zero, sparsity. At depth D > 2 every pair of the D factors has these; turning all D signs at
 * once is no symmetry where D is odd. Exchanges are a family of their own: decay makes u = ±w of every coordinate, long before one vanishes.
 * A neuron of a homogeneous activation (relu) has only ρ > 0, which holds no mirror through the origin; still the flow keeps what its two sides differ by in norm.
 * Source: theory.md section 3; Ziyin, arXiv 2309.16932.
 */
import { assert } from '#core/contract/errors.ts'
import type { ProductLinear } from '#core/learning/models/productLinear.ts'
import { factorNames } from '#core/learning/models/productLinear.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawUniform } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import type { Mirror } from '../mirror.ts'
import type { GroupElement, Lengths, Symmetry, SymmetryFamily } from './symmetry.ts'
import { countOf, named, rowsOf, shareOf, unitsOf, withRows, type Units } from './units.ts'

const titles = {
  rescaling: { en: 'Rescaling of factors', ja: '因子の再スケーリング' },
  exchange: { en: 'Exchange of factors', ja: '因子の交換' },
} as const

export const rescaling: Symmetry = {
  kind: 'rescaling',
  title: titles.rescaling,
  of: (model) =>
    model.kind === 'product-linear'
      ? [ofProduct(model), exchangeOf(model)]
      : unitsOf(model)
          .filter(({ activation }) => activation === 'homogeneous')
          .map(ofUnits),
}

/**
 * The action of one group element: factor `first` of coordinate j times ρ, factor `second` divided by it.
 *
 * @param ratio  ρ, finite and not 0
 * Fails: a bug's sentence if ρ is 0 or not finite.
 */
export function rescale(
  parameters: Parameters,
  { coordinate, ratio, first, second }: { coordinate: number; ratio: number; first: string; second: string },
): Parameters {
  assert(Number.isFinite(ratio) && ratio !== 0, 'rescale: the ratio is finite and not 0')
  const at = (name: string, factor: number) =>
    parameters[name]?.map((value, j) => (j === coordinate ? value * factor : value)) ?? new Float64Array()
  return { ...parameters, [first]: at(first, ratio), [second]: at(second, 1 / ratio) }
}

/**
 * The mirrors of a product of D factors over d features: for each coordinate and each pair of factors O = I, n₂ and n₁; 3d · D(D − 1)/2 of them.
 * Named `rescaling:zero:u·w:0`, `rescaling:equal:…` (on it both are equal), `rescaling:opposite:…`.
 */
export function rescalingMirrors(model: ProductLinear, features: number): readonly Mirror[] {
  return Array.from({ length: features }, (_, index) =>
    pairsOf(model).flatMap(([first, second]) => {
      const entries = [first, second].map((parameter) => ({ parameter, index }))
      return Object.entries(normals).map(([name, o]): Mirror => ({ name: `rescaling:${name}:${first}·${second}:${index}`, entries, o }))
    }),
  ).flat()
}

const half = Math.SQRT1_2
const normals: Readonly<Record<string, Mirror['o']>> = {
  zero: { rows: 2, columns: 2, values: Float64Array.of(1, 0, 0, 1) },
  equal: { rows: 2, columns: 1, values: Float64Array.of(half, -half) }, // n₂
  opposite: { rows: 2, columns: 1, values: Float64Array.of(half, half) }, // n₁
}

/** Every two of the factors. */
function pairsOf({ depth }: ProductLinear): readonly (readonly [string, string])[] {
  const names = factorNames(depth)
  return names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const))
}

function ofProduct(model: ProductLinear): SymmetryFamily {
  const [first, second] = factorNames(model.depth)
  const conserved =
    model.depth === 2
      ? { tex: 'u^2 - w^2', of: (parameters: Parameters) => eachCoordinate(parameters, ['u', 'w'], (u, w) => (u - w) * (u + w)) }
      : null
  return {
    kind: 'rescaling',
    name: 'rescaling',
    title: titles.rescaling,
    blocks: factorNames(model.depth),
    hasMirrors: true,
    isFinite: true,
    onMirror: 'zero',
    areSignedPermutations: true,
    element: (key, like) => ({ kind: 'scale', factors: drawFactors(key, lengthOf(like, model)), first: first ?? '', second: second ?? '' }),
    act: scaled,
    mirrors: (like) => someMirrors(model, like, (name) => name.startsWith('rescaling:zero:')),
    mirrorAt: null,
    residuals: (parameters) => residualsOf(model, parameters, Math.hypot),
    conserved,
  }
}

function exchangeOf(model: ProductLinear): SymmetryFamily {
  const [first, second] = factorNames(model.depth)
  return {
    kind: 'rescaling',
    name: 'exchange',
    title: titles.exchange,
    blocks: factorNames(model.depth),
    hasMirrors: true,
    isFinite: true,
    onMirror: 'equal',
    areSignedPermutations: true,
    element: (key, like) => {
      const signs = drawUniform(key, lengthOf(like, model)).map((u) => Math.floor(3 * u) - 1)
      return { kind: 'exchange', signs, first: first ?? '', second: second ?? '' }
    },
    act: exchanged,
    mirrors: (like) => someMirrors(model, like, (name) => !name.startsWith('rescaling:zero:')),
    mirrorAt: null,
    residuals: (parameters) =>
      residualsOf(model, parameters, (u, w) => Math.min(Math.abs(u * half - w * half), Math.abs(u * half + w * half))),
    conserved: null,
  }
}

/** Neurons of a homogeneous activation: σ(ρz) = ρσ(z) for ρ > 0. */
function ofUnits(units: Units): SymmetryFamily {
  const { name, title } = named({ name: 'rescaling', title: { en: 'Rescaling of a unit', ja: 'ユニットの再スケーリング' } }, units)
  return {
    kind: 'rescaling',
    name,
    title,
    blocks: units.sides.map(({ parameter }) => parameter),
    hasMirrors: false,
    isFinite: true,
    onMirror: 'zero',
    areSignedPermutations: true,
    element: (key, like) => ({
      kind: 'scale',
      factors: drawFactors(key, countOf(units, like)).map(Math.abs),
      first: units.sides[0]?.parameter ?? '',
      second: units.sides.at(-1)?.parameter ?? '',
    }),
    act: (parameters, element) => {
      if (element.kind !== 'scale') return parameters
      const into = rowsOf(units, parameters, 'in').columns // they come first in a row
      const rows = rowsOf(units, parameters)
      const factor = (i: number) => {
        const ratio = element.factors[Math.floor(i / rows.columns)] ?? Number.NaN
        return i % rows.columns < into ? ratio : 1 / ratio
      }
      return withRows(units, parameters, { ...rows, values: rows.values.map((value, i) => value * factor(i)) })
    },
    mirrors: () => [],
    mirrorAt: null,
    residuals: () => new Float64Array(),
    conserved: {
      tex: '\\lVert w_j\\rVert^2 + b_j^2 - \\lVert u_j\\rVert^2',
      of: (parameters) => {
        const [into, out] = [rowsOf(units, parameters, 'in'), rowsOf(units, parameters, 'out')]
        const squares = (j: number, { columns, values }: typeof into) =>
          values.subarray(j * columns, (j + 1) * columns).reduce((sum, value) => sum + value * value, 0)
        return Float64Array.from({ length: into.rows }, (_, j) => squares(j, into) - squares(j, out))
      },
    },
  }
}

/** ρ between ¼ and 4, of either sign. */
function drawFactors(key: Key, count: number): Float64Array {
  const signs = drawUniform(split(key, 'sign'), count)
  return drawUniform(split(key, 'size'), count).map((u, j) => 4 ** (2 * u - 1) * ((signs[j] ?? 0) < 0.5 ? -1 : 1))
}

function scaled(parameters: Parameters, element: GroupElement): Parameters {
  if (element.kind !== 'scale') return parameters
  const { factors, first, second } = element
  const by = (name: string, of: (ratio: number) => number) =>
    parameters[name]?.map((value, j) => value * of(factors[j] ?? Number.NaN)) ?? new Float64Array()
  return { ...parameters, [first]: by(first, (ratio) => ratio), [second]: by(second, (ratio) => 1 / ratio) }
}

function exchanged(parameters: Parameters, element: GroupElement): Parameters {
  if (element.kind !== 'exchange') return parameters
  const { signs, first, second } = element
  const moved = (from: string, to: string) =>
    parameters[from]?.map((value, j) => (signs[j] === 0 ? value : (signs[j] ?? Number.NaN) * (parameters[to]?.[j] ?? Number.NaN))) ??
    new Float64Array()
  return { ...parameters, [first]: moved(first, second), [second]: moved(second, first) }
}

function lengthOf(like: Lengths, { depth }: ProductLinear): number {
  return like[factorNames(depth)[0] ?? '']?.length ?? 0
}

function someMirrors(model: ProductLinear, like: Lengths, isOne: (name: string) => boolean): readonly Mirror[] {
  return rescalingMirrors(model, lengthOf(like, model)).filter(({ name }) => isOne(name))
}

function eachCoordinate(parameters: Parameters, [first, second]: readonly [string, string], of: (u: number, w: number) => number) {
  const other = parameters[second]
  return Float64Array.from(parameters[first] ?? [], (u, j) => of(u, other?.[j] ?? Number.NaN))
}

/** A size of every pair of factors of every coordinate, over the norm of all factors. */
function residualsOf(model: ProductLinear, parameters: Parameters, of: (u: number, w: number) => number): Float64Array {
  const size = norm(Float64Array.from(factorNames(model.depth), (name) => norm(parameters[name] ?? new Float64Array())))
  return Float64Array.from(
    pairsOf(model).flatMap((pair) => [...eachCoordinate(parameters, pair, of)]),
    (value) => shareOf(value, size),
  )
}
