/**
 * Units: the values of an inner index of a model (neurons of a layer, channels of an image, columns of a factor, coordinates of a product), with all that belongs to each.
 *
 * A unit's row is what goes into it, its bias and what comes out of it, one after another: every symmetry here acts on the rows of units and on nothing else.
 */
import type { Convolutional } from '#core/learning/models/convolutional.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { Perceptron } from '#core/learning/models/perceptron.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import type { Entry, Mirror } from '../mirror.ts'
import type { Lengths, ModelSettings } from './symmetry.ts'

/**
 * A block of parameters that the index runs through: unit j has its column j or its row j. `in` is multiplied by ρ where a unit is rescaled, `out` divided.
 * Of several matrices behind each other (a filter's, one for each tap; a dense layer's, one for each place of an image) it has the row j of each: `behind` is
 * how long such a row is, or the parameter that is as long.
 */
export type Side = {
  readonly parameter: string
  readonly axis: 'columns' | 'rows'
  readonly role: 'in' | 'out'
  readonly behind?: number | { readonly lengthOf: string }
}

export type Units = {
  readonly name: string | null // null for the only ones of a model
  readonly count: number | 'entries' | { readonly each: number } // as many as the first block has entries, or entries over a number
  readonly sides: readonly Side[]
  /** What commutes with whatever stands between in and out: linear maps, signs (odd), positive factors, or nothing. */
  readonly activation: 'linear' | 'odd' | 'homogeneous' | 'other'
  readonly areExchangeable: boolean // coordinates of data are not
}

const inColumns = (parameter: string): Side => ({ parameter, axis: 'columns', role: 'in' })
const outRows = (parameter: string): Side => ({ parameter, axis: 'rows', role: 'out' })

/** The units of every model; those of the products of numbers are in rescaling.ts. */
export function unitsOf(model: ModelSettings): readonly Units[] {
  const inner = (sides: readonly Side[], count: number): Units[] => [
    { name: null, count, sides, activation: 'linear', areExchangeable: true },
  ]
  switch (model.kind) {
    case 'linear':
    case 'product-linear':
      return []
    case 'matrix-factorisation':
      return inner(model.form === 'plain' ? [inColumns('u'), outRows('v')] : [inColumns('u')], model.width)
    case 'tied-autoencoder':
      return inner([inColumns('w')], model.width)
    case 'self-supervised':
      return [
        ...inner([outRows('w')], model.width),
        { name: 'direction', count: { each: model.width }, sides: [inColumns('w')], activation: 'odd', areExchangeable: false },
      ]
    case 'linear-vae':
      return [{ name: null, count: 'entries', sides: [inColumns('u'), outRows('w')], activation: 'odd', areExchangeable: false }]
    case 'convolutional':
      return [...channelsOf(model), ...neuronsOf(model)]
    case 'perceptron':
      return neuronsOf(model)
  }
}

const activationOf = { tanh: 'odd', relu: 'homogeneous', gelu: 'other', identity: 'linear' } as const

/** The hidden neurons of a perceptron, also of one behind convolutions. */
function neuronsOf({ widths, biases, activation }: Pick<Perceptron, 'widths' | 'biases' | 'activation'>): readonly Units[] {
  return widths.map((count, l) => ({
    name: `layer${l + 1}`,
    count,
    sides: [inColumns(`layer${l + 1}.weight`), ...(biases ? [inColumns(`layer${l + 1}.bias`)] : []), outRows(`layer${l + 2}.weight`)],
    activation: activationOf[activation],
    areExchangeable: true,
  }))
}

/**
 * The channels of each convolution. Pooling stands between in and out too: a mean commutes with every linear map of channels, a maximum with factors above 0 alone.
 * The last channels are read at every place by a dense layer; where neither a width nor a bias tells how many outputs it has they are left out.
 */
function channelsOf({ channels, widths, biases, activation, pooling }: Convolutional): readonly Units[] {
  const bend = activationOf[activation]
  const pooled = { linear: 'homogeneous', odd: 'other', homogeneous: 'homogeneous', other: 'other' } as const
  return channels.flatMap((count, l) => {
    const dense = widths[0] ?? (biases ? { lengthOf: 'layer1.bias' } : null)
    const next = channels[l + 1]
    const behind = next ?? dense
    if (behind === null) return []
    const name = `conv${l + 1}`
    return {
      name,
      count,
      sides: [
        inColumns(`${name}.weight`),
        ...(biases ? [inColumns(`${name}.bias`)] : []),
        { ...outRows(next === undefined ? 'layer1.weight' : `conv${l + 2}.weight`), behind },
      ],
      activation: pooling === 'max' ? pooled[bend] : bend,
      areExchangeable: true,
    }
  })
}

/** How many units there are. */
export function countOf({ count, sides }: Pick<Units, 'count' | 'sides'>, like: Lengths): number {
  if (typeof count === 'number') return count
  const entries = like[sides[0]?.parameter ?? '']?.length ?? 0
  return count === 'entries' ? entries : entries / count.each
}

/** Where entry i of the row of unit j stands in a side's block, i below `each`, its entries of one unit. */
function placeIn(
  { axis, behind }: Side,
  { like, count, each }: { like: Lengths; count: number; each: number },
): (j: number, i: number) => number {
  // prettier-ignore
  const length = typeof behind === 'object' ? like[behind.lengthOf]?.length : behind
  const row = axis === 'columns' ? 1 : (length ?? each)
  return (j, i) => Math.floor(i / row) * count * row + j * row + (i % row)
}

/** Where the row of unit j stands: its entries of each side in turn. */
export function entriesOf(units: Pick<Units, 'count' | 'sides'>, like: Lengths, j: number): readonly Entry[] {
  const count = countOf(units, like)
  return units.sides.flatMap((side) => {
    const { parameter } = side
    const each = (like[parameter]?.length ?? 0) / count
    const place = placeIn(side, { like, count, each })
    return Array.from({ length: each }, (_, i) => ({ parameter, index: place(j, i) }))
  })
}

/** The rows of all units, [units, row length], float64. NaN for what is not there. */
export function rowsOf(units: Units, parameters: Parameters, role: Side['role'] | 'both' = 'both'): Matrix {
  const count = countOf(units, parameters)
  const sides = units.sides
    .filter((side) => role === 'both' || side.role === role)
    .map((side) => ({ side, block: parameters[side.parameter] ?? new Float64Array() }))
  const columns = count === 0 ? 0 : sides.reduce((sum, { block }) => sum + block.length / count, 0)
  const values = new Float64Array(count * columns)
  let from = 0
  for (const { side, block } of sides) {
    const each = block.length / count
    const place = placeIn(side, { like: parameters, count, each })
    for (let j = 0; j < count; j += 1) for (let i = 0; i < each; i += 1) values[j * columns + from + i] = block[place(j, i)] ?? Number.NaN
    from += each
  }
  return { rows: count, columns, values }
}

/** Parameters with other rows of units, [units, row length]; the others stay. */
export function withRows(units: Units, parameters: Parameters, rows: Matrix): Parameters {
  const copy: Record<string, Float64Array> = { ...parameters }
  for (const { parameter } of units.sides) copy[parameter] = (parameters[parameter] ?? new Float64Array()).slice()
  for (let j = 0; j < rows.rows; j += 1)
    for (const [i, { parameter, index }] of entriesOf(units, parameters, j).entries())
      copy[parameter]?.set([rows.values[j * rows.columns + i] ?? Number.NaN], index)
  return copy
}

/** The norms of the units' rows, each over that of all: 0 where all are 0, NaN where an entry is NaN or ±∞. */
export function shares(rows: Matrix): Float64Array {
  const each = Float64Array.from({ length: rows.rows }, (_, j) => norm(rows.values.subarray(j * rows.columns, (j + 1) * rows.columns)))
  const size = norm(each)
  return each.map((value) => shareOf(value, size))
}

/** component / size, at most 1: rounding can pass it. 0 where the size is 0, on every mirror; NaN where it is not finite. */
export function shareOf(component: number, size: number): number {
  if (!Number.isFinite(size)) return Number.NaN
  return size === 0 ? 0 : Math.min(1, component / size)
}

/** The mirror at which a row vanishes: O = I on it. */
export function vanishing(name: string, entries: readonly Entry[]): Mirror {
  return { name, entries, o: kron([[1]], entries.length) }
}

/** The mirror of one direction n of units: Σ_j n_j θ_j = 0, O = n ⊗ I; swaps have n = (1, −1)/√2, negated swaps (1, 1)/√2. */
export function normalTo(name: string, n: ArrayLike<number>, rows: readonly (readonly Entry[])[]): Mirror {
  const column = Array.from(n, (value) => [value])
  return { name, entries: rows.flat(), o: kron(column, rows[0]?.length ?? 0) }
}

/** A column of numbers times the identity: [numbers · size, size]. */
function kron(column: readonly (readonly number[])[], size: number): Matrix {
  const values = new Float64Array(column.length * size * size)
  for (const [j, [value = 0]] of column.entries()) for (let i = 0; i < size; i += 1) values[(j * size + i) * size + i] = value
  return { rows: column.length * size, columns: size, values }
}

/** A family's name and title with those of its units. */
export function named(base: { readonly name: string; readonly title: { readonly en: string; readonly ja: string } }, { name }: Units) {
  if (name === null) return base
  return { name: `${base.name}-${name}`, title: { en: `${base.title.en}, ${name}`, ja: `${base.title.ja}(${name})` } }
}
