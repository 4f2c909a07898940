/**
 * What TensorFlow calls the outputs of its operations, as a function refers to them: `NAME:INDEX`.
 * Source: tensorflow/core/ops/*.cc (the `.Output("name: type")` of each operation).
 */

const named = {
  product: ['MatMul'],
  activations: ['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Selu'],
  backprops: ['ReluGrad', 'EluGrad', 'LeakyReluGrad'],
  softmax: ['Softmax'],
  logsoftmax: ['LogSoftmax'],
  sum: ['AddN'],
  out: ['Cumsum'],
  z: [
    'Add', 'AddV2', 'Sub', 'Mul', 'Div', 'RealDiv', 'FloorDiv', 'FloorMod', 'DivNoNan', 'Pow', 'Atan2', 'Maximum', 'Minimum', 'SquaredDifference', 'Greater', 'GreaterEqual',
    'Less', 'LessEqual', 'Equal', 'NotEqual', 'LogicalAnd', 'LogicalOr',
  ],
  y: [
    'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cast', 'Ceil', 'Cos', 'Cosh', 'Erf', 'Exp', 'Expm1', 'Floor', 'IsFinite', 'IsInf', 'IsNan', 'Log', 'Log1p',
    'LogicalNot', 'Neg', 'OnesLike', 'Reciprocal', 'Round', 'Rsqrt', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Sqrt', 'Square', 'Tan', 'Tanh', 'Transpose', 'ZerosLike',
  ],
  output: [
    'All', 'Any', 'ArgMax', 'ArgMin', 'AvgPool', 'AvgPoolGrad', 'BatchMatMulV2', 'BroadcastTo', 'ConcatV2', 'Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput',
    'DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropFilter', 'DepthwiseConv2dNativeBackpropInput', 'ExpandDims', 'Fill', 'GatherV2', 'Identity', 'Max', 'MaxPool',
    'MaxPoolGrad', 'Mean', 'Min', 'MirrorPad', 'OneHot', 'Pack', 'Pad', 'PadV2', 'Prod', 'Range', 'Reshape', 'ReverseV2', 'Select', 'SelectV2', 'Slice', 'Squeeze',
    'StridedSlice', 'Sum', 'Tile', 'UnsortedSegmentSum',
  ],
} as const // prettier-ignore

const single = new Map(Object.entries(named).flatMap(([name, operations]) => operations.map((one): [string, string] => [one, name])))

/** Operations whose one output is a list. */
const lists = new Set(['Split', 'SplitV', 'Unpack'])

/** Of an operation with so many outputs; null for one that this program does not know. */
export function outputNames(operation: string, count: number): readonly string[] | null {
  if (lists.has(operation)) return Array.from({ length: count }, (_, i) => `output:${i}`)
  const name = single.get(operation)
  return name === undefined || count !== 1 ? null : [`${name}:0`]
}
