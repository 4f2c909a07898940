/** Each operation of a step with the runs as its last axis: the same tensor, transposed. */
import type { Attributes } from './graph.ts'
import { folded, reduced } from './runsLastSums.ts'
import { turnedShape, type, unsupported, type Layouts, type Shape } from './runsLastLayouts.ts'
import type { TracedNode } from './trace.ts'

/** Adds to `layouts` what stands for `node`. Fails: 'engine-unavailable' where nothing does. */
export function rewrite(layouts: Layouts, node: TracedNode): void {
  const [output] = node.outputs
  const rule = rules.get(node.op)
  const isOfRuns = output !== undefined && output.shape.length > 1 && output.shape[0] === layouts.runs
  if (node.op === 'GatherV2') throw unsupported('rows that are gathered') // each step's would be transposed: no faster
  if (node.op === 'BatchMatMulV2') refuseLarge(layouts, node)
  if (rule === undefined || !(isOfRuns || node.inputs.some((name) => layouts.isLast(name)))) asTraced(layouts, node)
  else rule(layouts, node)
}

/**
 * Multiplications of one run in one product, up to which products and sums over the runs were faster than XLA's product of matrices: for 4 to 256 runs of 1 ×
 * 60 × 12, 100 × 5 × 8, 16 × 8 × 16 in 0.3 to 0.6 of the time, for 200 × 5 × 32 and 32 × 16 × 32 in 1.2. Few runs that no vector takes whole become single numbers again;
 * there only the smallest products gain, for which XLA's have a cost of their own: 5 × 4 × 4 in 0.05.
 */
function mostMultiplications(runs: number): number {
  return runs === 4 || runs === 8 || runs >= 16 ? 4_096 : 128
}

function refuseLarge(layouts: Layouts, node: TracedNode): void {
  const { shape } = outputOf(node)
  const summed = layouts.known(inputOf(node, 0)).shape.at(isTrue(node, 'adj_x') ? -2 : -1) ?? 0
  const multiplications = shape.reduce((product, size) => product * size, summed) / layouts.runs
  if (multiplications > mostMultiplications(layouts.runs)) throw unsupported(`a product of ${multiplications} multiplications a run`)
}

type Rule = (layouts: Layouts, node: TracedNode) => void

function asTraced(layouts: Layouts, node: TracedNode): void {
  layouts.nodes.push({ ...node, inputs: node.inputs.map((name) => layouts.first(name)) })
  for (const { name, shape, dtype } of node.outputs) layouts.add(name, { shape, dtype }, { layout: 'first' })
}

/** The output, of which `as` is the transposed or the traced form. */
function made(layouts: Layouts, node: TracedNode, { as, layout }: { as: string; layout: 'first' | 'last' }): void {
  const { name, shape, dtype } = outputOf(node)
  layouts.add(name, { shape, dtype }, { layout, as })
}

/** Number by number: inputs of fewer axes, or of size 1, are spread. */
function elementwise(layouts: Layouts, node: TracedNode): void {
  const { shape, dtype } = outputOf(node)
  const rank = shape.length
  const isByLane = node.op === 'Select' && layouts.known(inputOf(node, 0)).shape.length === 1 // Select alone takes a condition along the first axis
  const as = layouts.emit(isByLane ? 'SelectV2' : node.op, {
    inputs: node.inputs.map((name, i) => (isByLane && i === 0 ? layouts.first(name) : layouts.spread(name, rank))),
    attributes: node.attributes,
    shape: turnedShape(shape),
    dtype,
  })
  made(layouts, node, { as, layout: 'last' })
}

function reduction(layouts: Layouts, node: TracedNode): void {
  const input = inputOf(node, 0)
  const { shape, dtype } = layouts.known(input)
  if (!layouts.isLast(input)) return asTraced(layouts, node)
  const rank = shape.length
  const axes = layouts.numbers(node.inputs[1]).map((axis) => ((axis < 0 ? axis + rank : axis) - 1 + rank) % rank) // a − 1, and the first is the last
  const output = outputOf(node)
  const isOverRuns = axes.includes(rank - 1)
  const to = isOverRuns ? output.shape : turnedShape(output.shape)
  const as = reduced(layouts, node.op, { of: layouts.last(input), shape: turnedShape(shape), dtype, axes, to })
  made(layouts, node, { as, layout: isOverRuns ? 'first' : 'last' })
}

/** Axes behind the runs are put together or taken apart. */
function reshape(layouts: Layouts, node: TracedNode): void {
  const input = inputOf(node, 0)
  const { shape } = layouts.known(input)
  const { shape: to, dtype } = outputOf(node)
  const isOfRuns = layouts.isLast(input) || (shape.length === 1 && to.length > 1)
  if (!isOfRuns) return asTraced(layouts, node)
  if (to[0] !== layouts.runs || shape[0] !== layouts.runs) throw unsupported('a reshape across runs')
  made(layouts, node, { as: layouts.reshape(layouts.last(input), { shape: turnedShape(to), dtype }), layout: 'last' })
}

function transpose(layouts: Layouts, node: TracedNode): void {
  const input = inputOf(node, 0)
  if (!layouts.isLast(input)) return asTraced(layouts, node)
  const { shape, dtype } = layouts.known(input)
  const rank = shape.length
  const from = layouts.numbers(node.inputs[1]).map((axis) => (axis - 1 + rank) % rank) // where the traced result's axes are now
  const isOfRuns = from[0] === rank - 1
  const axes = isOfRuns ? turnedShape(from) : from
  const as = layouts.transpose(layouts.last(input), { shape: turnedShape(shape), dtype, axes })
  made(layouts, node, { as, layout: isOfRuns ? 'last' : 'first' })
}

/** A_r·B_r of every run r, [R, m, k]·[R, k, n], as products and a sum; or [R, k]·[k, n], of numbers that all runs share, as [n, k]·[k, R]. */
function product(layouts: Layouts, node: TracedNode): void {
  const { shape, dtype } = outputOf(node)
  const [a, b] = [inputOf(node, 0), inputOf(node, 1)]
  const [isATurned, isBTurned] = [isTrue(node, 'adj_x'), isTrue(node, 'adj_y')]
  const [sizeA, sizeB] = [layouts.known(a).shape, layouts.known(b).shape]
  if (shape.length === 2 && !isATurned && sizeA[0] === layouts.runs) {
    const attributes: Attributes = { ...node.attributes, adj_x: { kind: 'bool', value: !isBTurned }, adj_y: { kind: 'bool', value: false } }
    const as = layouts.emit(node.op, { inputs: [layouts.first(b), layouts.last(a)], attributes, shape: turnedShape(shape), dtype })
    return made(layouts, node, { as, layout: 'last' })
  }
  if (shape.length !== 3 || sizeA.length !== 3 || sizeB.length !== 3)
    throw unsupported(`products of ${sizeA.length} and ${sizeB.length} axes`)
  const [runsA = 0, m = 0, k = 0] = isATurned ? [sizeA[0], sizeA[2], sizeA[1]] : sizeA
  const [runsB = 0, n = 0] = isBTurned ? sizeB : [sizeB[0], sizeB[2]]
  const left = { name: layouts.last(a), runs: runsA, isTurned: isATurned }
  const right = { name: layouts.last(b), runs: runsB, isTurned: isBTurned }
  const as = layouts.reshape(contraction(layouts, { left, right, m, k, n, dtype }), { shape: turnedShape(shape), dtype })
  made(layouts, node, { as, layout: 'last' })
}

type Factor = { readonly name: string; readonly runs: number; readonly isTurned: boolean }
type Contraction = {
  readonly left: Factor
  readonly right: Factor
  readonly m: number
  readonly k: number
  readonly n: number
  readonly dtype: number
}

/** [m, k, R] or [k, m, R] times [k, n, R] or [n, k, R], as [m, n, R]: summed over the axis where k stands in both. */
function contraction(layouts: Layouts, { left, right, m, k, n, dtype }: Contraction): string {
  const isTurned = left.isTurned && right.isTurned // then right becomes [k, n, R]
  const other = isTurned ? layouts.transpose(right.name, { shape: [n, k, right.runs], dtype, axes: [1, 0, 2] }) : right.name
  const [a, b, axis]: readonly [Shape, Shape, number] = left.isTurned ? [[k, m, 1], [k, 1, n], 0] : right.isTurned ? [[m, 1, k], [1, n, k], 2] : [[m, k, 1], [1, k, n], 1] // prettier-ignore
  const shape = [...a.map((size, i) => (size === 1 ? (b[i] ?? 1) : size)), Math.max(left.runs, right.runs)]
  const products = layouts.emit('Mul', {
    inputs: [layouts.reshape(left.name, { shape: [...a, left.runs], dtype }), layouts.reshape(other, { shape: [...b, right.runs], dtype })],
    attributes: { T: type(dtype) },
    shape,
    dtype,
  })
  return folded(layouts, 'Sum', { of: products, shape, axis, dtype })
}

/** With a start and a size, or paddings, of each axis. */
function perAxis(count: number): Rule {
  return (layouts, node) => {
    const input = inputOf(node, 0)
    if (!layouts.isLast(input)) return asTraced(layouts, node)
    const { shape, dtype } = outputOf(node)
    if (shape[0] !== layouts.runs) throw unsupported(`${node.op} of some runs`)
    const tables = node.inputs.slice(1, 1 + count).map((name) => {
      const of = layouts.known(name).shape
      const numbers = layouts.numbers(name)
      const width = of[1] ?? 1
      return layouts.ints([...numbers.slice(width), ...numbers.slice(0, width)], of)
    })
    const rest = node.inputs.slice(1 + count).map((name) => layouts.first(name))
    const as = layouts.emit(node.op, {
      inputs: [layouts.last(input), ...tables, ...rest],
      attributes: node.attributes,
      shape: turnedShape(shape),
      dtype,
    })
    made(layouts, node, { as, layout: 'last' })
  }
}

const numberByNumber = [
  'Abs', 'Add', 'AddV2', 'Cast', 'Ceil', 'Cos', 'Div', 'DivNoNan', 'Elu', 'EluGrad', 'Equal', 'Erf', 'Exp', 'Expm1', 'Floor', 'FloorDiv', 'Greater', 'GreaterEqual', 'Identity',
  'IsFinite', 'IsInf', 'IsNan', 'LeakyRelu', 'Less', 'LessEqual', 'Log', 'Log1p', 'LogicalAnd', 'LogicalNot', 'LogicalOr', 'Maximum', 'Minimum', 'Mul', 'Neg', 'NotEqual',
  'OnesLike', 'Pow', 'RealDiv', 'Reciprocal', 'Relu', 'Relu6', 'ReluGrad', 'Round', 'Rsqrt', 'Select', 'SelectV2', 'Selu', 'Sigmoid', 'Sign', 'Sin', 'Softplus', 'Sqrt', 'Square',
  'SquaredDifference', 'Sub', 'Tanh', 'ZerosLike',
] // prettier-ignore

const rules = new Map<string, Rule>([
  ...numberByNumber.map((op): [string, Rule] => [op, elementwise]),
  ...['Sum', 'Mean', 'Prod', 'Max', 'Min', 'All', 'Any'].map((op): [string, Rule] => [op, reduction]),
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['BatchMatMulV2', product],
  ['Slice', perAxis(2)],
  ['PadV2', perAxis(1)],
  ['Pad', perAxis(1)],
])

function outputOf({ outputs }: TracedNode): TracedNode['outputs'][number] {
  const [output] = outputs
  if (output === undefined || outputs.length !== 1) throw unsupported('an operation of several outputs')
  return output
}

function inputOf({ inputs }: TracedNode, i: number): string {
  const name = inputs[i]
  if (name === undefined) throw unsupported('an operation without inputs')
  return name
}

function isTrue({ attributes }: TracedNode, name: string): boolean {
  const attribute = attributes[name]
  return attribute?.kind === 'bool' && attribute.value
}
