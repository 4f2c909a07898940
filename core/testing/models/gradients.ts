/** A loss of stacked parameters against the same loss in plain numbers: values, and gradients by central differences. */
import { expect } from 'vitest'
import { inFloat64 } from '#core/engines/float64/float64.ts'
import { inScope, sum, tensor, valueAndGrads, type Scalar, type Tensor, type Tensors } from '#core/engines/ops.ts'
import type { ParameterShape } from '#core/learning/models/model.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { centralDifferences } from '#core/testing/reference/differences.ts'
import { upTo, type Rows, type Values } from '#core/testing/reference/models.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

const root = rootKey({ base: 20, cell: '0'.repeat(64), replicate: 1 })

export type Problem = {
  readonly shapes: readonly ParameterShape[]
  readonly lanes: readonly Values[] // float32 numbers, so that both sides start from the same
  /** [R]; makes its constants inside, with `tensor`. */
  readonly tensorLoss: (parameters: Tensors) => Tensor
  readonly plainLoss: (values: Values, lane: number) => number
}

/** Normal numbers of a purpose that float32 holds. */
export function numbers(purpose: string, count: number): number[] {
  return Array.from(drawNormal(split(root, purpose), count), Math.fround)
}

/** R runs' parameters. */
export function lanesOf(shapes: readonly ParameterShape[], runs: number): Values[] {
  const size = ({ shape }: ParameterShape) => shape.reduce((product, n) => product * n, 1)
  return upTo(runs, (r) =>
    Object.fromEntries(shapes.map((shape) => [shape.name, numbers(`${shape.name}/${r}`, size(shape)).map((z) => Math.fround(0.7 * z))])),
  )
}

/** Lanes as one tensor for each name, [R, …]. */
export function stackedValues(shapes: readonly ParameterShape[], lanes: readonly Values[]): Record<string, Tensor> {
  return Object.fromEntries(
    shapes.map(({ name, shape }) => [name, tensor(Float64Array.from(lanes.flatMap((lane) => lane[name] ?? [])), [lanes.length, ...shape])]),
  )
}

/** Rows as one matrix: [n, d] if there is one, else [R, n, d]. */
export function dataTensor(lanes: readonly Rows[]): Tensor {
  const [first = []] = lanes
  const shape = [first.length, first[0]?.length ?? 0]
  return tensor(Float64Array.from(lanes.flat(2)), lanes.length === 1 ? shape : [lanes.length, ...shape])
}

/**
 * The loss and its gradient are those of the plain loss, in float64 and on the engine that is active.
 *
 * Float64 against central differences: 1e-7, a hundred times what they are off by (differences.ts). The engine: 2e-5 of the largest entry of each parameter's
 * gradient. An entry sums ten to a hundred products, each rounded by 2⁻²⁴ = 6e-8 of its own size and added at random; sums that cancel may leave a thirtieth of
 * their terms: 10 · 30 · 6e-8. The largest seen is 5e-6.
 */
export function expectGradients({ shapes, lanes, tensorLoss, plainLoss }: Problem): void {
  const losses = lanes.map((lane, r) => plainLoss(lane, r))
  const differences = lanes.map((lane, r) => centralDifferences((values) => plainLoss(values, r), lane))
  const engine = inScope(() => slopesOf({ shapes, lanes, tensorLoss }))
  const double = inFloat64(() => slopesOf({ shapes, lanes, tensorLoss }))
  expect(double.losses).toBeAllclose(losses, { relative: 1e-11, absolute: 1e-12 }) // some hundred roundings, of terms that may cancel
  expect(engine.losses).toBeAllclose(losses, { relative: 1e-5, absolute: 1e-5 }) // the same in float32
  for (const [k, { name }] of shapes.entries()) {
    const size = (lanes[0]?.[name] ?? []).length
    for (const [r, of] of differences.entries()) {
      const expected = of[name] ?? []
      const largest = Math.max(...expected.map(Math.abs))
      const own = (all: readonly Float64Array[]) => all[k]?.subarray(r * size, (r + 1) * size) ?? new Float64Array()
      expect(own(double.gradients)).toBeAllclose(expected, { relative: 0, absolute: 1e-7 * (1 + largest) })
      expect(own(engine.gradients)).toBeAllclose(expected, { relative: 0, absolute: 2e-5 * largest + 1e-7 })
    }
  }
}

type Slopes = { readonly losses: Float64Array; readonly gradients: readonly Float64Array[] }

function slopesOf({ shapes, lanes, tensorLoss }: Pick<Problem, 'shapes' | 'lanes' | 'tensorLoss'>): Slopes {
  let losses = new Float64Array()
  const total = (...tensors: Tensor[]) => {
    const each = tensorLoss(Object.fromEntries(shapes.map(({ name }, i) => [name, tensors[i] as Tensor]))) // as many tensors as shapes
    losses = Float64Array.from(each.dataSync())
    return sum<Scalar>(each)
  }
  const { grads } = valueAndGrads(total)(Object.values(stackedValues(shapes, lanes)))
  return { losses, gradients: grads.map((gradient) => Float64Array.from(gradient.dataSync())) }
}
