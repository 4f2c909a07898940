/**
 * A network as a function of what is trained, for questions about its loss sample by sample: values, and products with the Hessian, in float64.
 *
 * Many parameters at once are the runs of a stack; so are many samples at one point, for runs never meet: one product with the Hessian of their sum is one for each.
 */
import { add, hessianVector64, inFloat64, read64, reshape, sum, tensor64, type Tensor, type Tensors } from '#core/engines/ops.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { LossKind } from '#core/learning/losses/loss.ts'
import type { ModelKind, Parameters, Size } from '#core/learning/models/model.ts'
import { stackParameters } from '#core/learning/models/stack.ts'
import { stackConstants, type Reparametrised } from '#core/learning/reparametrise/reparametrise.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'

export type Network = {
  readonly model: { readonly kind: ModelKind; readonly settings: unknown } // settings of that kind
  readonly loss: { readonly kind: LossKind; readonly settings: unknown } // likewise
  readonly size: Size
  readonly form: Reparametrised // what is trained
  readonly constants: Parameters // what its reparametrisations drew once
}

/** Rows of inputs and targets. */
export type Rows = Pick<Part, 'x' | 'y'>

const mostNumbers = 4e5 // of one stack at a time: parameters of all runs; bounds memory

/** Whether a model's rows are one thing, its loss, and no samples. */
export function isOneSample({ loss }: Network): boolean {
  return loss.kind.kind === 'energy'
}

/**
 * The loss of every sample at many points.
 *
 *   ℓ(θ_r, x_i), of a batch that is sample i alone
 *
 * @param points  R records of what is trained
 * @param rows    n samples
 * @returns       [R · samples], float64: those of the first point first; samples is n, or the rows of the output of a model that is its own loss
 * Cost: R · n runs of the network.
 */
export function sampleLosses(network: Network, points: readonly Parameters[], rows: Rows): Float64Array {
  const each = network.form.trained.reduce((total, shape) => total + sizeOf(shape), 0)
  const together = Math.max(1, Math.floor(mostNumbers / Math.max(1, each + rows.x.rows * network.size.outputs)))
  const parts: Float64Array[] = []
  for (let from = 0; from < points.length; from += together) parts.push(lossesTogether(network, points.slice(from, from + together), rows))
  return Float64Array.from(parts.flatMap((part) => [...part]))
}

function lossesTogether(network: Network, points: readonly Parameters[], { x, y }: Rows): Float64Array {
  return inFloat64(() => {
    const trained = stackParameters(network.form.trained, points)
    const output = outputOf(network, trained, tensor64(x.values, [x.rows, x.columns])) // [R, samples, q]
    const [runs = 0, samples = 0, q = 0] = output.shape
    const alone = reshape(output, [runs * samples, 1, q])
    const target = isOneSample(network) ? alone : repeated(y, runs)
    return read64(network.loss.kind.of(network.loss.settings, alone, target)) // [R · samples]
  })
}

/** y of all samples once for each run, [runs · n, 1, q]. */
function repeated({ rows, columns, values }: Matrix, runs: number): Tensor {
  const all = add(tensor64(values, [1, rows, columns]), tensor64(new Float64Array(runs), [runs, 1, 1]))
  return reshape(all, [runs * rows, 1, columns])
}

/**
 * The Hessian of the loss of all rows as one batch, times a direction.
 *
 *   ∇²ℓ(θ) v, without any decay
 *
 * @param theta  a point, in float64
 * @param v      a number for each of θ
 * Accuracy: exact but for rounding, see `hessianVector64`.
 * Cost: 6–12 runs of the network over all rows.
 */
export function batchProduct(network: Network, theta: Parameters, { rows, v }: { rows: Rows; v: Parameters }): Parameters {
  const loss = (trained: Tensors) => {
    const output = outputOf(network, trained, tensor64(rows.x.values, [rows.x.rows, rows.x.columns]))
    return sum(network.loss.kind.of(network.loss.settings, output, tensor64(rows.y.values, [rows.y.rows, rows.y.columns])))
  }
  return hessianVector64(loss, arrays(network, theta, 1), v)
}

/**
 * The Hessian of every sample's loss times one direction.
 *
 *   ∇²ℓ(θ, x_i) v for each i
 *
 * @param theta  a point, in float64
 * @param v      a number for each of θ
 * @returns      of each sample a record in the layout of θ; of a model that is its own loss one
 * Cost: 6–12 runs of the network over all rows, and rows · parameters numbers of memory at a time.
 */
export function sampleProducts(network: Network, theta: Parameters, { rows, v }: { rows: Rows; v: Parameters }): readonly Parameters[] {
  if (isOneSample(network)) return [batchProduct(network, theta, { rows, v })]
  const { x, y } = rows
  const each = network.form.trained.reduce((total, shape) => total + sizeOf(shape), 0)
  const together = Math.max(1, Math.floor(mostNumbers / Math.max(1, each)))
  const made: Parameters[] = []
  for (let from = 0; from < x.rows; from += together) {
    const count = Math.min(together, x.rows - from)
    const cut = (m: Matrix) => tensor64(m.values.subarray(from * m.columns, (from + count) * m.columns), [count, 1, m.columns])
    const loss = (trained: Tensors) => sum(network.loss.kind.of(network.loss.settings, outputOf(network, trained, cut(x)), cut(y)))
    const products = hessianVector64(loss, arrays(network, theta, count), copies(v, count))
    for (let i = 0; i < count; i += 1)
      made.push(Object.fromEntries(Object.entries(products).map(([name, values]) => [name, part(values, i, count)])))
  }
  return made
}

/** Lane i of `count`. */
function part(values: Float64Array, i: number, count: number): Float64Array {
  const size = values.length / count
  return values.slice(i * size, (i + 1) * size)
}

function copies(values: Parameters, count: number): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(values).map(([name, one]) => {
      const all = new Float64Array(count * one.length)
      for (let i = 0; i < count; i += 1) all.set(one, i * one.length)
      return [name, all]
    }),
  )
}

function arrays({ form }: Network, theta: Parameters, count: number) {
  const all = copies(theta, count)
  return Object.fromEntries(
    form.trained.map(({ name, shape }) => [name, { shape: [count, ...shape], values: all[name] ?? new Float64Array() }]),
  )
}

/** The model's output for x, [R, samples, q]. */
function outputOf({ model, form, size, constants }: Network, trained: Tensors, x: Tensor): Tensor {
  const drawn = stackConstants(model.kind.parameters(model.settings, size), [constants])
  return model.kind.apply(model.settings, form.expand(trained, drawn), x)
}
