/**
 * The tensors of a step in two layouts: as traced, and with the first axis as the last. What has one axis or none is the same in both.
 * Each is brought into the other when an operation first asks for it: constants now, what changes by a transposition in the program.
 */
import { assert, Refusal } from '#core/contract/errors.ts'
import { dataTypes, type Attribute, type Attributes, type Node } from './graph.ts'
import { outputNames } from './outputNames.ts'
import type { Constant, TracedNode } from './trace.ts'

export type Shape = readonly number[]
export type Layout = 'first' | 'last' // where the first axis is

type Known = { readonly shape: Shape; readonly dtype: number }

export class Layouts {
  readonly nodes: TracedNode[] = []
  readonly constants = new Map<string, Constant>()
  readonly runs: number
  readonly #given: ReadonlyMap<string, Constant>
  readonly #known = new Map<string, Known>() // by the traced name, with the traced shape
  readonly #names: Readonly<Record<Layout, Map<string, string>>> = { first: new Map(), last: new Map() }

  constructor(runs: number, given: ReadonlyMap<string, Constant>) {
    this.runs = runs
    this.#given = given
    for (const [name, { shape, dtype }] of given) this.#known.set(name, { shape, dtype })
  }

  /** A traced tensor that the new step has in this layout; without `as` it keeps its name. */
  add(name: string, { shape, dtype }: Known, { layout, as = name }: { readonly layout: Layout; readonly as?: string }): void {
    this.#known.set(name, { shape, dtype })
    this.#names[layout].set(name, as)
  }

  known(name: string): Known {
    const known = this.#known.get(name)
    assert(known !== undefined, 'runsLast: an input is made before it is read')
    return known
  }

  isLast(name: string): boolean {
    return this.#names.last.has(name) && !this.#names.first.has(name)
  }

  /** As traced. */
  first(name: string): string {
    const { shape } = this.known(name)
    const found = this.#names.first.get(name) ?? (shape.length < 2 ? this.#names.last.get(name) : undefined)
    if (found !== undefined) return found
    if (!this.#given.has(name)) throw unsupported('a tensor with its runs first')
    const made = this.#constant(name, (constant) => constant)
    this.#names.first.set(name, made)
    return made
  }

  /** With the first axis last. */
  last(name: string): string {
    const { shape, dtype } = this.known(name)
    const found = this.#names.last.get(name)
    if (found !== undefined) return found
    if (shape.length < 2) return this.first(name)
    const made = this.#given.has(name)
      ? this.#constant(`${name}_last`, () => lastConstant(this.#value(name)))
      : this.#turned(this.first(name), { shape, dtype })
    this.#names.last.set(name, made)
    return made
  }

  /** For an operation that spreads its inputs over `rank` axes, of which the first becomes the last. */
  spread(name: string, rank: number): string {
    const { shape, dtype } = this.known(name)
    if (shape.length === rank) return this.last(name)
    if (shape.length === 0) return this.first(name)
    const wider = [...shape, 1]
    if (this.#given.has(name)) return this.#constant(`${name}_wide`, () => ({ ...this.#value(name), shape: wider }))
    return this.reshape(this.first(name), { shape: wider, dtype })
  }

  /** The numbers of an input that is constant: axes, shapes. */
  numbers(name: string | undefined): readonly number[] {
    const given = name === undefined ? undefined : this.#given.get(name)
    if (given === undefined) throw unsupported('axes that change')
    return Array.from(given.values)
  }

  ints(values: readonly number[], shape: Shape = [values.length]): string {
    const constant = { shape, dtype: dataTypes.int32, values: Int32Array.from(values) }
    return this.#constant(`i_${shape.join('x')}_${values.join('_').replaceAll('-', 'm')}`, () => constant)
  }

  /** An operation of the new step; its output's name. */
  emit(op: string, { inputs, attributes, shape, dtype }: { inputs: readonly string[]; attributes: Attributes } & Known): string {
    const output = outputNames(op, 1)?.[0]
    assert(output !== undefined, 'runsLast: an operation has one output')
    const node: Node = { name: `r${this.nodes.length}`, op, inputs, attributes }
    const name = `${node.name}:${output}`
    this.nodes.push({ ...node, outputs: [{ name, shape, dtype }] })
    return name
  }

  reshape(name: string, { shape, dtype }: Known): string {
    return this.emit('Reshape', {
      inputs: [name, this.ints(shape)],
      attributes: { T: type(dtype), Tshape: type(dataTypes.int32) },
      shape,
      dtype,
    })
  }

  transpose(name: string, { shape, dtype, axes }: Known & { readonly axes: readonly number[] }): string {
    return this.emit('Transpose', {
      inputs: [name, this.ints(axes)],
      attributes: { T: type(dtype), Tperm: type(dataTypes.int32) },
      shape: axes.map((axis) => shape[axis] ?? 0),
      dtype,
    })
  }

  #turned(name: string, { shape, dtype }: Known): string {
    const [runs = 0, ...rest] = shape
    if (runs === 1 || rest.every((n) => n === 1)) return this.reshape(name, { shape: turnedShape(shape), dtype })
    return this.transpose(name, { shape, dtype, axes: turnedShape(shape.map((_, axis) => axis)) })
  }

  #value(name: string): Constant {
    const value = this.#given.get(name)
    assert(value !== undefined, 'runsLast: a constant has a value')
    return value
  }

  #constant(name: string, make: (given: Constant) => Constant): string {
    if (!this.constants.has(name)) this.constants.set(name, make(this.#given.get(name) ?? empty))
    return name
  }
}

const empty: Constant = { shape: [0], dtype: dataTypes.int32, values: new Int32Array(0) }

/** [R, a, …, z] → [a, …, z, R] */
export function turnedShape(shape: Shape): Shape {
  return [...shape.slice(1), ...shape.slice(0, 1)]
}

export function unsupported(what: string): Refusal {
  return new Refusal('engine-unavailable', `tensorflow: expected operations that can have their runs last, got ${what}`)
}

export function type(value: number): Attribute {
  return { kind: 'type', value }
}

/** The same constant with its first axis last. */
function lastConstant({ shape, dtype, values }: Constant): Constant {
  const turned = values.slice()
  const runs = shape[0] ?? 0
  const size = runs === 0 ? 0 : values.length / runs
  for (let r = 0; r < runs; r += 1) for (let i = 0; i < size; i += 1) turned[i * runs + r] = values[r * size + i] ?? 0
  return { shape: turnedShape(shape), dtype, values: turned }
}
