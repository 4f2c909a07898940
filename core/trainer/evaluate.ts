/**
 * What a stack computes beside training: the plain network that its parameters amount to, and its loss and accuracy on the parts of its data.
 *
 * In float64, by the same model definitions that train; parts that would take more than 5e7 multiplications a run of it go through the engine in float32, where only
 * the loss of the outputs is float64. An engine that gives its values later (`readsAtOnce`) leaves those to float64 too, some rows at a time.
 */
import { assert } from '#core/contract/errors.ts'
import { inFloat64, inScope, read64, readsAtOnce, tensor, tensor64, type Tensor, type Tensors } from '#core/engines/ops.ts'
import type { Score } from '#core/analysis/metrics/metric.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { multiplicationsOf } from '#core/learning/models/multiplications.ts'
import { stackParameters } from '#core/learning/models/stack.ts'
import { stackConstants } from '#core/learning/reparametrise/reparametrise.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { lossOf, modelOf } from '#core/study/kinds.ts'
import type { Lane } from './lanes.ts'

const mostMultiplications = 5e7 // about 0.1 s of plain loops
const chunkRows = 2_000 // of a part at a time on an engine; bounds its memory

/** One run's trained parameters as the plain network: the model's own parameters, and its weights. */
export type PlainNetwork = { readonly plain: Parameters; readonly weights: ReadonlyMap<string, Matrix> }

export function plainNetwork(lane: Lane, trained: Parameters): PlainNetwork {
  const model = modelOf(lane.study)
  return inFloat64(() => {
    const plain = expanded(lane, trained)
    const weights = model.kind.weights(model.settings, plain)
    return {
      plain: Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, read64(value)])),
      weights: new Map(Object.entries(weights).map(([name, value]) => [name, matrixOf(value)])),
    }
  })
}

/** The activations of every layer of neurons for rows of x, [rows, neurons] each. */
export function hiddenOf(lane: Lane, trained: Parameters, x: Matrix): ReadonlyMap<string, Matrix> {
  const model = modelOf(lane.study)
  return inFloat64(() => {
    const hidden = model.kind.hidden(model.settings, expanded(lane, trained), tensor64(x.values, [x.rows, x.columns]))
    return new Map(Object.entries(hidden).map(([name, value]) => [name, matrixOf(value)]))
  })
}

/** The loss and accuracy of one run on a part of its data. */
export function scoreOf(lane: Lane, trained: Parameters, part: Part): Score {
  const outputs = outputsOf(lane, trained, part)
  return { loss: lossOfOutputs(lane, outputs, part), accuracy: accuracyOf(outputs, part.y) }
}

/** The loss of outputs [rows, outputs], in float64. */
export function lossOfOutputs({ study }: Lane, outputs: Matrix, { y }: Part): number {
  const loss = lossOf(study)
  return inFloat64(() => {
    const output = tensor64(outputs.values, [1, outputs.rows, outputs.columns])
    return read64(loss.kind.of(loss.settings, output, tensor64(y.values, [y.rows, y.columns])))[0] ?? Number.NaN
  })
}

/** Whether a part of a run's data is evaluated in float64; a larger one goes through the engine. */
export function fitsFloat64({ form, study, size }: Lane, { x }: Part): boolean {
  const { kind, settings } = modelOf(study)
  const trained = form.trained.reduce((sum, parameter) => sum + sizeOf(parameter), 0)
  return x.rows * Math.max(trained, multiplicationsOf(kind, settings, size)) <= mostMultiplications
}

function outputsOf(lane: Lane, trained: Parameters, part: Part): Matrix {
  const { x } = part
  return fitsFloat64(lane, part) ? inFloat64(() => matrixOf(apply(lane, trained, x))) : inChunks(lane, trained, x)
}

function apply(lane: Lane, trained: Parameters, x: Matrix): Tensor {
  const model = modelOf(lane.study)
  return model.kind.apply(model.settings, expanded(lane, trained), tensor64(x.values, [x.rows, x.columns]))
}

/** Some rows at a time, in the precision of the engine that trains; in float64 where that engine gives no value at once. */
function inChunks(lane: Lane, trained: Parameters, x: Matrix): Matrix {
  const model = modelOf(lane.study)
  const parts: Float64Array[] = []
  for (let from = 0; from < x.rows; from += chunkRows) {
    const rows = Math.min(chunkRows, x.rows - from)
    const values = x.values.subarray(from * x.columns, (from + rows) * x.columns)
    parts.push(
      readsAtOnce()
        ? inScope(() => {
            const output = model.kind.apply(model.settings, expanded(lane, trained), tensor(new Float32Array(values), [rows, x.columns]))
            return Float64Array.from(output.dataSync())
          })
        : inFloat64(() => matrixOf(apply(lane, trained, { rows, columns: x.columns, values })).values),
    )
  }
  const columns = lane.size.outputs
  const all = new Float64Array(x.rows * columns)
  for (const [i, part] of parts.entries()) all.set(part, i * chunkRows * columns)
  return { rows: x.rows, columns, values: all }
}

/** The model's own parameters of one run, [1, …] each, in the precision of the active engine. */
function expanded({ study, size, form, constants }: Lane, trained: Parameters): Tensors {
  const model = modelOf(study)
  return form.expand(stackParameters(form.trained, [trained]), stackConstants(model.kind.parameters(model.settings, size), [constants]))
}

/** [1, rows, columns] → the matrix */
function matrixOf(x: Tensor): Matrix {
  const [one, rows = 0, columns = 0] = x.shape
  assert(one === 1 && x.rank === 3, `evaluate: expected a stack of one matrix, got [${x.shape.join(', ')}]`)
  return { rows, columns, values: read64(x) }
}

/** The share of rows whose largest output is at the 1 of the one-hot target; the first of equal ones. NaN without rows or classes. */
function accuracyOf(outputs: Matrix, y: Matrix): number {
  if (y.columns < 2 || y.rows === 0) return Number.NaN
  let hits = 0
  for (let row = 0; row < y.rows; row += 1) {
    const [best, wanted] = [largestAt(outputs, row), largestAt(y, row)]
    if (best === wanted) hits += 1
  }
  return hits / y.rows
}

function largestAt({ values, columns }: Matrix, row: number): number {
  let best = 0
  for (let k = 1; k < columns; k += 1)
    if ((values[row * columns + k] ?? Number.NaN) > (values[row * columns + best] ?? Number.NaN)) best = k
  return best
}
