/**
 * Which reflections might be symmetries of a network: found from the shapes of what is trained and from which weights meet at a layer, and believed of none.
 *
 * A place is an index that runs through some axes of some parameters: the neurons of a layer, the channels between two filters, the columns of a matrix, the inner index
 * of two matrices, the entries of two parameters of one shape. At a place units may be flipped, swapped, swapped with a sign or rotated; entries of two parameters exchanged. Most places are no symmetry's:
 * columns of a matrix that ends in a nonlinearity, weights without their bias. They are the decoys.
 */
import type { ParameterShape } from '#core/learning/models/model.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import { permutation } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import type { Mirror } from '#core/symmetry/mirror.ts'
import type { Lengths } from '#core/symmetry/symmetries/symmetry.ts'
import { entriesOf, normalTo, vanishing, type Side } from '#core/symmetry/symmetries/units.ts'
import type { Network } from './network.ts'

/** flip: a unit turns its sign; swap and negated swap: of two units; exchange: of two entries inside a unit, also negated; rotation: n any direction of units; mean: n that of their sum. */
export const reflections = ['flip', 'swap', 'negated-swap', 'exchange', 'negated-exchange', 'rotation', 'mean'] as const
export type Reflection = (typeof reflections)[number]

export type Place = {
  readonly name: string
  readonly count: number // units
  readonly sides: readonly Side[]
  readonly isLayer: boolean // of neurons, by the model's own account, or of channels: looked at exhaustively
}

/** The places of a network, no two alike. */
export function placesOf({ model, form, size }: Network): readonly Place[] {
  const shapes = model.kind.parameters(model.settings, size)
  const plain = new Map(shapes.map((shape) => [shape.name, shape]))
  const layers = model.kind.neurons(model.settings).flatMap(({ name, incoming, bias, outgoing }) => {
    const count = plain.get(incoming)?.shape[1] ?? 0
    const blocks: readonly (readonly [string, Side['axis']])[] = [
      [incoming, 'columns'],
      ...(bias === null ? [] : [[bias, 'columns'] as const]),
      [outgoing, 'rows'],
    ]
    const pieces = blocks.map(([block, axis]) => piecesOf(form.trained, { block, axis, count }))
    return choicesOf(pieces).map((sides) => ({ name, count, sides, isLayer: true }))
  })
  const all = [...channelsOf(shapes, form.trained), ...layers, ...loose(form.trained), ...products(form.trained)]
  const known = new Set<string>()
  return all.filter(({ count, sides }) => {
    const key = sides.map(({ parameter, axis }) => `${parameter} ${axis}`).sort().join(', ') // prettier-ignore
    if (count === 0 || sides.length === 0 || known.has(`${count} ${key}`)) return false
    known.add(`${count} ${key}`)
    return true
  })
}

/**
 * The channels that a filter [side, side, inputs, outputs] makes: its columns, the vectors that follow it, and the rows of the next parameter with rows: a filter, or a
 * matrix that reads every channel at some places. The order of the parameters tells what follows.
 */
function channelsOf(shapes: readonly ParameterShape[], trained: readonly ParameterShape[]): readonly Place[] {
  return shapes.flatMap(({ name, shape }, i) => {
    const count = shape[3]
    const behind = shapes.slice(i + 1)
    const next = behind.findIndex((one) => one.shape.length > 1)
    const reader = behind[next]
    if (count === undefined || reader === undefined) return []
    const vectors = behind.slice(0, next).filter(({ shape: [length] }) => length === count)
    const pieces = [
      ...[name, ...vectors.map((one) => one.name)].map((block) => piecesOf(trained, { block, axis: 'columns', count })),
      readersOf(trained, { block: reader.name, count }),
    ]
    return choicesOf(pieces).map((sides) => ({ name: name.replace(/\.weight$/, ''), count, sides, isLayer: true }))
  })
}

/** What is trained of a parameter and has rows of channels, one for each tap of a filter or each place of an image. */
function readersOf(trained: readonly ParameterShape[], { block, count }: Omit<Block, 'axis'>): readonly Side[] {
  return trainedOf(trained, block)
    .filter(({ shape }) => (shape.length === 4 ? shape[2] === count : shape.length === 2 && (shape[0] ?? 0) % count === 0))
    .map(({ name, shape }) => ({ ...side(name, 'rows'), behind: shape.at(-1) ?? 0 }))
}

type Block = { readonly block: string; readonly axis: Side['axis']; readonly count: number }

/** What is trained of a plain parameter and has the layer's width along the axis: itself, or factors and free parts of it. */
function piecesOf(trained: readonly ParameterShape[], { block, axis, count }: Block): readonly Side[] {
  return trainedOf(trained, block)
    .filter(({ shape }) => lengthAlong(shape, axis) === count)
    .map(({ name }) => side(name, axis))
}

function trainedOf(trained: readonly ParameterShape[], block: string): readonly ParameterShape[] {
  return trained.filter(({ name }) => name === block || name.startsWith(`${block}/`))
}

/** All pieces together, as a swap moves them; and one piece of each block, as a sign turns a product. */
function choicesOf(pieces: readonly (readonly Side[])[]): readonly (readonly Side[])[] {
  const single = pieces.reduce<readonly (readonly Side[])[]>(
    (so, next) => so.flatMap((sides) => (next.length === 0 ? [sides] : next.map((one) => [...sides, one]))),
    [[]],
  )
  return [pieces.flat(), ...single.slice(0, 16)]
}

/** Every axis of every matrix and vector alone, and every two matrices (or vectors) along an inner index. */
function loose(trained: readonly ParameterShape[]): readonly Place[] {
  const flat = trained.filter(({ shape }) => shape.length === 1 || shape.length === 2)
  const alone = flat.flatMap(({ name, shape }) =>
    (['columns', 'rows'] as const)
      .filter((axis) => shape.length === 2 || axis === 'columns')
      .map((axis) => place(`${axis} of ${name}`, lengthAlong(shape, axis), [side(name, axis)])),
  )
  const inner = flat.flatMap((a) =>
    flat
      .filter(
        (b) => b !== a && b.shape.length === 2 && a.shape.length === 2 && lengthAlong(a.shape, 'columns') === lengthAlong(b.shape, 'rows'),
      )
      .map((b) => place(`${a.name}·${b.name}`, lengthAlong(a.shape, 'columns'), [side(a.name, 'columns'), side(b.name, 'rows')])),
  )
  return [...inner, ...alone]
}

/** Every two parameters of one shape, entry by entry. */
function products(trained: readonly ParameterShape[]): readonly Place[] {
  return trained.flatMap((a, i) =>
    trained
      .slice(i + 1)
      .filter((b) => a.shape.join() === b.shape.join())
      .map((b) => place(`${a.name}⊙${b.name}`, sizeOf(a), [side(a.name, 'columns'), side(b.name, 'columns')])),
  )
}

const side = (parameter: string, axis: Side['axis']): Side => ({ parameter, axis, role: axis === 'columns' ? 'in' : 'out' })
const place = (name: string, count: number, sides: readonly Side[]): Place => ({ name, count, sides, isLayer: false })
function lengthAlong(shape: readonly number[], axis: Side['axis']): number {
  return (axis === 'columns' ? shape.at(-1) : shape.length === 2 ? shape[0] : undefined) ?? 0
}

/** The candidates of one reflection at a place, in a fixed order: how many, and each by its number. */
export type Candidates = { readonly count: number; at(i: number): Mirror }

/** How many numbers the O of one candidate holds: entries that it touches, times its rank. */
export function numbersOf(at: Place, reflection: Reflection, like: Lengths): number {
  const all = at.sides.reduce((total, { parameter }) => total + (like[parameter]?.length ?? 0), 0)
  const row = all / at.count
  switch (reflection) {
    case 'flip':
      return row * row
    case 'swap':
    case 'negated-swap':
      return 2 * row * row
    case 'exchange':
    case 'negated-exchange':
      return 2
    case 'rotation':
    case 'mean':
      return all * row
  }
}

/** Of a rotation there is no end of directions: `directions` random ones. */
export function candidatesOf(
  at: Place,
  reflection: Reflection,
  { like, key, directions }: { like: Lengths; key: Key; directions: number },
): Candidates {
  const rowOf = (j: number) => entriesOf(at, like, j)
  const called = (units: string) => `${reflection}:${at.name}:${units}`
  const half = Math.SQRT1_2
  switch (reflection) {
    case 'flip':
      return { count: at.count, at: (j) => vanishing(called(`${j}`), rowOf(j)) }
    case 'swap':
    case 'negated-swap': {
      const normal = [half, reflection === 'swap' ? -half : half]
      return {
        count: (at.count * (at.count - 1)) / 2,
        at: (i) => {
          const [a, b] = pairAt(i)
          return normalTo(called(`${a}↔${b}`), normal, [rowOf(a), rowOf(b)])
        },
      }
    }
    case 'exchange':
    case 'negated-exchange': {
      const normal = [half, reflection === 'exchange' ? -half : half]
      const isPair = at.sides.length === 2 && rowOf(0).length === 2
      return { count: isPair ? at.count : 0, at: (j) => normalTo(called(`${j}`), normal, rowOf(j).map((entry) => [entry])) } // prettier-ignore
    }
    case 'mean': // of two units it is their negated swap
      return { count: at.count < 3 ? 0 : 1, at: () => meanAt(at, like) }
    case 'rotation':
      return { count: at.count < 2 ? 0 : directions, at: (i) => rotationAt(at, like, unitNormal(split(key, at.name), i, at.count)) }
  }
}

/** The mirror of one direction n [units], of length 1. */
export function rotationAt(at: Place, like: Lengths, n: Float64Array): Mirror {
  return normalTo(`rotation:${at.name}:n`, n, [...n.keys()].map((j) => entriesOf(at, like, j))) // prettier-ignore
}

/** The mirror on which all units add up to 0. */
function meanAt(at: Place, like: Lengths): Mirror {
  const rows = Array.from({ length: at.count }, (_, j) => entriesOf(at, like, j))
  return normalTo(`mean:${at.name}`, new Float64Array(at.count).fill(1 / Math.sqrt(at.count)), rows)
}

/** Pair number i of (0, 1), (0, 2), (1, 2), (0, 3) …: a < b, number b(b − 1)/2 + a. */
function pairAt(i: number): readonly [number, number] {
  let b = Math.floor((1 + Math.sqrt(1 + 8 * i)) / 2)
  while ((b * (b - 1)) / 2 > i) b -= 1 // the root may round up
  while ((b * (b + 1)) / 2 <= i) b += 1
  return [i - (b * (b - 1)) / 2, b]
}

/** At most `most` of the numbers 0 … count − 1, in order; a random choice where there are more. */
export function someOf(count: number, most: number, key: Key): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i)
  if (count > 1e6) return Array.from({ length: most }, (_, i) => Math.floor((i * count) / most)) // evenly: no permutation of millions
  return [...permutation(key, count).subarray(0, most)].sort((a, b) => a - b)
}

/** A random direction of units, none of its numbers near 0 for few units: cos and sin of golden angles are along no axis. */
function unitNormal(key: Key, i: number, count: number): Float64Array {
  const order = permutation(key, count, i)
  const raw = Float64Array.from(order, (j) => 1 + 0.61803 * Math.cos(2.39996 * (j + 1) * (i + 1)))
  const size = Math.hypot(...raw)
  return raw.map((value, j) => ((j + i) % 2 === 0 ? 1 : -1) * (value / size))
}
