/**
 * Writing down what a step does in TensorFlow: every operation that tfjs-node executes, with its attributes, as nodes of a function.
 *
 * What depends on nothing that changes is computed now and kept as a constant. A step that looks at a value that changes cannot be traced: what it would decide from
 * it is decided once.
 */
import { assert, Refusal } from '#core/contract/errors.ts'
import { dataTypes, type Attribute, type DataType, type Node } from './graph.ts'
import type { Binding, Metadata, NodeBackend, OperationAttribute, Values } from './binding.ts'
import { outputNames } from './outputNames.ts'

export type Constant = {
  readonly shape: readonly number[]
  readonly dtype: number
  readonly values: Values
}

/** An operation of a step, with what it makes. */
export type TracedNode = Node & {
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: number }[]
}

/** A step as operations; a tensor is named by its argument, or as `NODE:OUTPUT:INDEX`. */
export type Trace<Result> = {
  readonly nodes: readonly TracedNode[]
  readonly constants: ReadonlyMap<string, Constant> // name → value; each is read by a node, or is part of the result
  readonly nameOf: (id: number) => string
  readonly result: Result
}

/**
 * Runs `step` once.
 *
 * @param changing  TensorFlow's id of each argument → its name; everything else is a constant
 * Fails: 'engine-unavailable' for an operation without known outputs, or a step that reads a value that changes.
 */
export function traceStep<Result>(backend: NodeBackend, changing: ReadonlyMap<number, string>, step: () => Result): Trace<Result> {
  const tracer = new Tracer(backend.binding, changing)
  const { binding, getInputTensorIds } = backend
  backend.binding = tracer.binding
  backend.getInputTensorIds = (tensors) => {
    const ids = getInputTensorIds.call(backend, tensors)
    for (const [i, id] of ids.entries()) tracer.meet(id, tensors[i])
    return ids
  }
  try {
    const result = step()
    return { nodes: tracer.nodes, constants: tracer.constants, nameOf: (id) => tracer.nameOf(id), result }
  } finally {
    backend.binding = binding
    backend.getInputTensorIds = getInputTensorIds
  }
}

class Tracer {
  readonly nodes: TracedNode[] = []
  readonly constants = new Map<string, Constant>()
  readonly binding: Binding
  readonly #real: Binding
  readonly #names: Map<number, string> // of what changes
  readonly #known = new Map<number, Pick<Metadata, 'shape' | 'dtype'>>() // constants that operations made, here or before, with what is needed to read them
  readonly #given = new Map<number, Constant>() // constants that the host made
  readonly #constantNames = new Map<number, string>()
  readonly #shapes = new Map<number, readonly number[]>() // of what has gone into an operation
  readonly #identities = new Map<number, boolean>() // of constants that were looked at

  constructor(real: Binding, changing: ReadonlyMap<number, string>) {
    this.#real = real
    this.#names = new Map(changing)
    this.binding = Object.create(real, {
      executeOp: { value: this.#execute.bind(this) },
      createTensor: { value: this.#create.bind(this) },
      tensorDataSync: { value: this.#read.bind(this) },
    }) as Binding // the same object with four functions of its own
  }

  /** A tensor that goes into an operation: it may have been made before the step. */
  meet(id: number, tensor: { readonly shape: readonly number[]; readonly dtype: string } | undefined): void {
    if (tensor !== undefined) this.#shapes.set(id, tensor.shape)
    if (tensor === undefined || this.#names.has(id) || this.#given.has(id) || this.#known.has(id)) return
    const dtype = dataTypes[tensor.dtype as DataType] // of another type TensorFlow refuses the operation
    this.#known.set(id, { shape: [...tensor.shape], dtype })
  }

  nameOf(id: number): string {
    return this.#names.get(id) ?? this.#constantName(id)
  }

  #execute(...[op, attributes, inputs, count]: Parameters<Binding['executeOp']>): Metadata[] {
    const outputs = this.#real.executeOp(op, attributes, inputs, count)
    if (!inputs.some((id) => this.#names.has(id))) {
      for (const one of outputs) this.#known.set(one.id, one)
      return outputs
    }
    const factor = this.#timesIdentity(op, attributes, inputs)
    const [product] = outputs
    if (factor !== null && product !== undefined) {
      this.#names.set(product.id, this.nameOf(factor))
      return outputs
    }
    const names = outputNames(op, count)
    if (names === null) throw new Refusal('engine-unavailable', `tensorflow: expected operations that can be compiled, got ${op}`)
    const name = `n${this.nodes.length}`
    this.nodes.push({
      name,
      op,
      inputs: inputs.map((id) => this.nameOf(id)),
      attributes: Object.fromEntries(attributes.map((one) => [one.name, attributeOf(this.#real, one)])),
      outputs: outputs.map(({ shape, dtype }, i) => ({ name: `${name}:${names[i] ?? ''}`, shape: [...shape], dtype })),
    })
    for (const [i, { id }] of outputs.entries()) this.#names.set(id, `${name}:${names[i] ?? ''}`)
    return outputs
  }

  /**
   * The factor that a product leaves as it is, since the other one is a constant identity: x of a factorised matrix, a product for each run and two for its gradient.
   * The same numbers, but that −0 stays −0, and that ∞ stays ∞ where 0 · ∞ would be NaN: a run with either has died. Null for any other operation.
   */
  #timesIdentity(op: string, attributes: readonly OperationAttribute[], inputs: readonly number[]): number | null {
    const [a, b] = inputs
    if (!/^(Batch)?MatMul(V2)?$/.test(op) || a === undefined || b === undefined) return null
    const isTurned = (names: readonly string[]) => attributes.some(({ name, value }) => names.includes(name) && value === true)
    if (this.#isIdentity(a)) return isTurned(['adj_y', 'transpose_b']) || !this.#hasLanesOf(b, a) ? null : b
    if (this.#isIdentity(b)) return isTurned(['adj_x', 'transpose_a']) || !this.#hasLanesOf(a, b) ? null : a
    return null
  }

  /** Whether a product with the identity has the factor's own shape: nothing is spread over more lanes. */
  #hasLanesOf(factor: number, identity: number): boolean {
    const lanes = (id: number) => (this.#shapes.get(id) ?? []).slice(0, -2)
    const [own, others] = [lanes(factor), lanes(identity)]
    return others.length <= own.length && others.toReversed().every((n, i) => n === 1 || n === own.at(-1 - i))
  }

  /** Whether a constant is an identity matrix, or one for each lane. */
  #isIdentity(id: number): boolean {
    if (this.#names.has(id)) return false
    const known = this.#identities.get(id)
    if (known !== undefined) return known
    const shape = this.#shapes.get(id) ?? []
    const [n, m] = shape.slice(-2)
    const isSquare = n !== undefined && n > 1 && n === m
    const found = isSquare && isIdentity(this.#given.get(id)?.values ?? this.#real.tensorDataSync(id), n)
    this.#identities.set(id, found)
    return found
  }

  #create(shape: number[], dtype: number, values: Values): number {
    const id = this.#real.createTensor(shape, dtype, values)
    this.#given.set(id, { shape: [...shape], dtype, values: values.slice() })
    this.#shapes.set(id, shape)
    return id
  }

  #read(id: number): Values {
    if (this.#names.has(id))
      throw new Refusal('engine-unavailable', 'tensorflow: expected a step that looks at no value, got one that reads a tensor')
    return this.#real.tensorDataSync(id)
  }

  #constantName(id: number): string {
    const before = this.#constantNames.get(id)
    if (before !== undefined) return before
    const made = this.#known.get(id)
    const value =
      this.#given.get(id) ??
      (made === undefined ? undefined : { shape: made.shape, dtype: made.dtype, values: this.#real.tensorDataSync(id) })
    assert(value !== undefined, 'traceStep: the step reads a tensor that was made before it')
    const name = `k${this.constants.size}`
    this.constants.set(name, value)
    this.#constantNames.set(id, name)
    return name
  }
}

/** Of matrices n × n one after another. */
function isIdentity(values: Values, n: number): boolean {
  return values.every((value, i) => value === (Math.floor(i / n) % n === i % n ? 1 : 0))
}

function attributeOf(binding: Binding, { name, type, value }: OperationAttribute): Attribute {
  const is = (one: number) => type === one
  if (is(binding.TF_ATTR_TYPE) && typeof value === 'number') return { kind: 'type', value }
  if (is(binding.TF_ATTR_BOOL) && typeof value === 'boolean') return { kind: 'bool', value }
  if (is(binding.TF_ATTR_FLOAT) && typeof value === 'number') return { kind: 'float', value }
  if (is(binding.TF_ATTR_STRING) && typeof value === 'string') return { kind: 'string', value }
  if (is(binding.TF_ATTR_INT) && typeof value === 'number') return { kind: 'int', value }
  if (is(binding.TF_ATTR_INT) && Array.isArray(value)) return { kind: 'ints', value: value.map(Number) }
  if (is(binding.TF_ATTR_SHAPE) && Array.isArray(value)) return { kind: 'shape', value: value.map(Number) }
  throw new Refusal('engine-unavailable', `tensorflow: expected attributes that can be compiled, got ${name} of type ${type}`)
}
