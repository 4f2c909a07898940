/**
 * TensorFlow's graphs as bytes: nodes, functions and the SavedModel that holds them.
 *
 * A small writer of protocol buffers for the few messages that a training loop needs; a test reads its bytes back with the classes that
 * tfjs-node itself carries. Equal graphs give equal bytes, so that a hash names a program.
 * Source: https://protobuf.dev/programming-guides/encoding; field numbers from tensorflow/core/framework/{graph,node_def,attr_value,function,op_def,tensor}.proto and
 * tensorflow/core/protobuf/{saved_model,meta_graph}.proto, which never change a number.
 */

/** TensorFlow's DataType. */
export const dataTypes = { float32: 1, int32: 3, bool: 10 } as const
export type DataType = keyof typeof dataTypes

export type Attribute =
  | { readonly kind: 'type'; readonly value: number }
  | { readonly kind: 'types'; readonly value: readonly number[] }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'shape'; readonly value: readonly number[] }
  | { readonly kind: 'shapes'; readonly value: readonly (readonly number[])[] }
  | { readonly kind: 'function'; readonly value: string }
  | { readonly kind: 'tensor'; readonly dtype: number; readonly shape: readonly number[]; readonly bytes: Uint8Array } // little-endian

export type Attributes = Readonly<Record<string, Attribute>>

/** A node of a graph or of a function; inputs are `NODE:OUTPUT:INDEX` inside a function and `NODE:INDEX` outside. */
export type Node = { readonly name: string; readonly op: string; readonly inputs: readonly string[]; readonly attributes: Attributes }

export type Argument = { readonly name: string; readonly type: number }
export type Function = {
  readonly name: string
  readonly inputs: readonly Argument[]
  readonly outputs: readonly (Argument & { readonly from: string })[]
  readonly nodes: readonly Node[]
  readonly attributes: Attributes
}

/** One graph with its functions as a SavedModel of the tag `serve`. */
export function savedModel({ nodes, functions }: { nodes: readonly Node[]; functions: readonly Function[] }): Uint8Array {
  const library = message(functions.map((one) => bytes(1, functionDef(one))))
  const graph = message([...nodes.map((one) => bytes(1, nodeDef(one))), bytes(2, library), bytes(4, message([whole(1, graphVersion)]))])
  const metaGraph = message([bytes(1, message([text(4, 'serve')])), bytes(2, graph)])
  return message([whole(1, 1), bytes(2, metaGraph)])
}

/** TF_GRAPH_DEF_VERSION of a reader of 2024: later ones read it, and none of our nodes is newer. */
const graphVersion = 2_000

function functionDef({ name, inputs, outputs, nodes, attributes }: Function): Uint8Array {
  const argument = ({ name: own, type }: Argument) => message([text(1, own), whole(3, type)])
  const signature = message([
    text(1, name),
    ...inputs.map((one) => bytes(2, argument(one))),
    ...outputs.map((one) => bytes(3, argument(one))),
  ])
  const returned = outputs.map(({ name: own, from }) => bytes(4, message([text(1, own), text(2, from)])))
  return message([bytes(1, signature), ...nodes.map((one) => bytes(3, nodeDef(one))), ...returned, ...attributeMap(5, attributes)])
}

function nodeDef({ name, op, inputs, attributes }: Node): Uint8Array {
  return message([text(1, name), text(2, op), ...inputs.map((one) => text(3, one)), ...attributeMap(5, attributes)])
}

function attributeMap(field: number, attributes: Attributes): Uint8Array[] {
  return Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => bytes(field, message([text(1, name), bytes(2, attributeValue(value))])))
}

function attributeValue(attribute: Attribute): Uint8Array {
  switch (attribute.kind) {
    case 'type':
      return whole(6, attribute.value)
    case 'types':
      return bytes(1, bytes(6, packed(attribute.value)))
    case 'bool':
      return whole(5, attribute.value ? 1 : 0)
    case 'int':
      return whole(3, attribute.value)
    case 'ints':
      return bytes(1, bytes(3, packed(attribute.value)))
    case 'float':
      return message([tag(4, 5), new Uint8Array(Float32Array.of(attribute.value).buffer)])
    case 'string':
      return text(2, attribute.value)
    case 'shape':
      return bytes(7, shapeOf(attribute.value))
    case 'shapes':
      return bytes(1, message(attribute.value.map((shape) => bytes(7, shapeOf(shape)))))
    case 'function':
      return bytes(10, text(1, attribute.value))
    case 'tensor':
      return bytes(8, message([whole(1, attribute.dtype), bytes(2, shapeOf(attribute.shape)), bytes(4, attribute.bytes)]))
  }
}

function shapeOf(shape: readonly number[]): Uint8Array {
  return message(shape.map((size) => bytes(2, whole(1, size))))
}

/** Parts one after another. */
function message(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message([tag(field, 2), varint(value.length), value])
}

const encoder = new TextEncoder()

function text(field: number, value: string): Uint8Array {
  return bytes(field, encoder.encode(value))
}

/** A whole number of any sign within ±2⁵³; negative ones take ten bytes, as int64 of two's complement. */
function whole(field: number, value: number): Uint8Array {
  return message([tag(field, 0), varint(value)])
}

function packed(values: readonly number[]): Uint8Array {
  return message(values.map(varint))
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType)
}

function varint(value: number): Uint8Array {
  const groups: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  do {
    const low = Number(rest & 127n)
    rest >>= 7n
    groups.push(rest === 0n ? low : low | 128)
  } while (rest !== 0n)
  return Uint8Array.from(groups)
}
