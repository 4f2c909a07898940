/**
 * A traced step as a loop inside TensorFlow: state in, so many steps, state out, in one call.
 *
 * The loop counts its steps and takes from each feed, [steps, …], the row of the step. How many steps a call makes is an input, so that one program serves any number
 * up to its feeds' rows. Numbers that are not whole and more than one are inputs too: other data, rates and decays of the same shape need no other program.
 */
import { assert } from '#core/contract/errors.ts'
import { dataTypes, savedModel, type Argument, type Attribute, type Function, type Node } from './graph.ts'
import { turnedShape } from './runsLastLayouts.ts'
import type { Constant } from './trace.ts'

export type LoopPart = { readonly name: string; readonly type: number; readonly shape: readonly number[] }

export type LoopSource = {
  readonly state: readonly LoopPart[] // arguments of the step by these names
  readonly next: readonly string[] // where the step leaves each
  readonly feeds: readonly LoopPart[] // with the rows in front; the step reads `feedName(name)`
  readonly nodes: readonly Node[]
  readonly constants: ReadonlyMap<string, Constant>
  readonly isCompiled: boolean // by XLA
  readonly isRunsLast: boolean // the step's state has its first axis last, where it has two or more
}

export type Loop = {
  readonly bytes: Uint8Array // a SavedModel
  readonly inputs: readonly string[] // what it is called with: steps, state, fixed, feeds
  readonly outputs: readonly string[] // the state
  readonly fixed: readonly string[] // constants that are inputs
  readonly isCompiled: boolean
}

const mostInline = 64 // numbers of a whole-number constant that stays in the program: shapes and axes

/** What the step's nodes call the row of a feed. */
export function feedName(name: string): string {
  return `row_${name}:output:0`
}

type Parts = {
  readonly source: LoopSource
  readonly fixed: readonly LoopPart[]
  readonly inline: ReadonlyMap<string, Node> // constants that stay in the program
  readonly carried: readonly LoopPart[] // state, fixed, feeds: what the loop hands on
}

export function loopOf(source: LoopSource): Loop {
  const { state, feeds, constants, isCompiled } = source
  const all = [...constants].map(([name, value]) => ({ name, value, isFixed: isInput(value) }))
  const fixed = all.flatMap(({ name, value, isFixed }): LoopPart[] => (isFixed ? [{ name, type: value.dtype, shape: value.shape }] : []))
  const inline = new Map(all.flatMap(({ name, value, isFixed }): [string, Node][] => (isFixed ? [] : [[name, constantNode(name, value)]])))
  const parts = { source, fixed, inline, carried: [...state, ...fixed, ...feeds] }
  const body = bodyOf(parts)
  const condition: Function = {
    name: 'condition',
    inputs: body.inputs,
    outputs: [{ name: 'goes_on', type: dataTypes.bool, from: 'less:z:0' }],
    nodes: [{ name: 'less', op: 'Less', inputs: ['step', 'steps'], attributes: { T: typeOf(dataTypes.int32) } }],
    attributes: {},
  }
  const loop = whileOf(parts, { body, condition })
  const places = [{ name: 'steps', type: dataTypes.int32, shape: [] }, ...parts.carried].map(({ name, type, shape }: LoopPart): Node => {
    return { name, op: 'Placeholder', inputs: [], attributes: { dtype: typeOf(type), shape: { kind: 'shape', value: shape } } }
  })
  const call: Node = {
    name: 'call',
    op: 'PartitionedCall',
    inputs: places.map(({ name }) => name),
    attributes: {
      Tin: { kind: 'types', value: loop.inputs.map(({ type }) => type) },
      Tout: { kind: 'types', value: state.map(({ type }) => type) },
      f: { kind: 'function', value: loop.name },
      ...(isCompiled ? {} : { _lower_as_multi_device_function: { kind: 'bool', value: true } }), // TensorFlow rewrites what lies in the graph itself, for oneDNN too
      ...loop.attributes,
    },
  }
  return {
    bytes: savedModel({ nodes: [...places, call], functions: [body, condition, loop] }),
    inputs: places.map(({ name }) => `${name}:0`),
    outputs: state.map((_, i) => `call:${i}`),
    fixed: fixed.map(({ name }) => name),
    isCompiled,
  }
}

/** One step: (step, steps, carried) → the same, a step on. */
function bodyOf({ source: { state, next, feeds, nodes }, fixed, inline, carried }: Parts): Function {
  const within = (name: string) => (inline.has(name) ? `${name}:output:0` : name)
  const advanced: Node = { name: 'advanced', op: 'AddV2', inputs: ['step', 'one:output:0'], attributes: { T: typeOf(dataTypes.int32) } }
  return {
    name: 'body',
    inputs: [
      argument('step', dataTypes.int32),
      argument('steps', dataTypes.int32),
      ...carried.map(({ name, type }) => argument(name, type)),
    ],
    outputs: [
      { name: 'step_next', type: dataTypes.int32, from: 'advanced:z:0' },
      { name: 'steps_next', type: dataTypes.int32, from: 'steps' },
      ...state.map(({ name, type }, i) => ({ name: `${name}_next`, type, from: within(nextAt(next, i)) })),
      ...[...fixed, ...feeds].map(({ name, type }) => ({ name: `${name}_next`, type, from: name })),
    ],
    nodes: [
      whole('one', 1),
      advanced,
      ...feeds.flatMap((feed) => rowNodes(feed)),
      ...inline.values(),
      ...nodes.map((node) => ({ ...node, inputs: node.inputs.map(within) })),
    ],
    attributes: {},
  }
}

/** (steps, carried) → the state after so many; transposed on its way in and out where the step wants it so. */
function whileOf(
  { source: { state, isCompiled, isRunsLast }, carried }: Parts,
  { body, condition }: { body: Function; condition: Function },
): Function {
  const turned = new Set(isRunsLast ? state.filter(({ shape }) => shape.length > 1).map(({ name }) => name) : [])
  const turns = state.filter(({ name }) => turned.has(name))
  const within = (name: string) => (turned.has(name) ? `last_${name}:y:0` : name)
  const inputs = [argument('steps', dataTypes.int32), ...carried.map(({ name, type }) => argument(name, type))]
  const loop: Node = {
    name: 'while',
    op: 'StatelessWhile',
    inputs: ['zero:output:0', ...inputs.map(({ name }) => within(name))],
    attributes: {
      T: { kind: 'types', value: body.inputs.map(({ type }) => type) },
      cond: { kind: 'function', value: condition.name },
      body: { kind: 'function', value: body.name },
      output_shapes: {
        kind: 'shapes',
        value: [[], [], ...carried.map(({ name, shape }) => (turned.has(name) ? turnedShape(shape) : shape))],
      },
      parallel_iterations: { kind: 'int', value: 1 },
      ...(isCompiled ? {} : { _lower_using_switch_merge: { kind: 'bool', value: true } }), // as below
    },
  }
  return {
    name: 'loop',
    inputs,
    outputs: state.map(({ name, type }, i) => ({
      name: `${name}_end`,
      type,
      from: turned.has(name) ? `first_${name}:y:0` : `while:output:${i + 2}`,
    })),
    nodes: [
      whole('zero', 0),
      ...turns.flatMap(({ name, type, shape }) =>
        transposeNodes(`last_${name}`, { of: name, type, axes: turnedShape(shape.map((_, axis) => axis)) }),
      ),
      loop,
      ...turns.flatMap(({ name, type, shape }) =>
        transposeNodes(`first_${name}`, {
          of: `while:output:${state.findIndex((one) => one.name === name) + 2}`,
          type,
          axes: shape.map((_, axis) => (axis + shape.length - 1) % shape.length),
        }),
      ),
    ],
    attributes: isCompiled ? { _XlaMustCompile: { kind: 'bool', value: true } } : {},
  }
}

function transposeNodes(name: string, { of, type, axes }: { of: string; type: number; axes: readonly number[] }): Node[] {
  const attributes = { T: typeOf(type), Tperm: typeOf(dataTypes.int32) }
  const order = { dtype: dataTypes.int32, shape: [axes.length], values: Int32Array.from(axes) }
  return [constantNode(`axes_${name}`, order), { name, op: 'Transpose', inputs: [of, `axes_${name}:output:0`], attributes }]
}

/** Shapes and axes must be known when a program is compiled, and one number costs nothing there. */
function isInput({ dtype, values }: Constant): boolean {
  return values.length > (dtype === dataTypes.int32 ? mostInline : 1)
}

/** The row of a feed at the step: [steps, …] → […]. */
function rowNodes({ name, type }: LoopPart): Node[] {
  const axis = `axis_${name}`
  const row: Node = {
    name: `row_${name}`,
    op: 'GatherV2',
    inputs: [name, 'step', `${axis}:output:0`],
    attributes: {
      Tparams: typeOf(type),
      Tindices: typeOf(dataTypes.int32),
      Taxis: typeOf(dataTypes.int32),
      batch_dims: { kind: 'int', value: 0 },
    },
  }
  return [whole(axis, 0), row]
}

function constantNode(name: string, { dtype, shape, values }: Constant): Node {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return { name, op: 'Const', inputs: [], attributes: { dtype: typeOf(dtype), value: { kind: 'tensor', dtype, shape, bytes } } }
}

function whole(name: string, value: number): Node {
  return constantNode(name, { shape: [], dtype: dataTypes.int32, values: Int32Array.of(value) })
}

function argument(name: string, type: number): Argument {
  return { name, type }
}

function typeOf(value: number): Attribute {
  return { kind: 'type', value }
}

function nextAt(next: readonly string[], i: number): string {
  const name = next[i]
  assert(name !== undefined, 'loop: every part of the state has a next one')
  return name
}
