/** Parameters of several runs as tensors. */
import { tensor, type Tensors } from '#core/engines/ops.ts'
import type { Parameters, ParameterShape } from './model.ts'

/** [R, …shape] of each parameter, in the precision of the active engine; the runs in their order. */
export function stackParameters(shapes: readonly ParameterShape[], runs: readonly Parameters[]): Tensors {
  return Object.fromEntries(
    shapes.map(({ name, shape }) => {
      const size = shape.reduce((product, n) => product * n, 1)
      const values = new Float64Array(runs.length * size)
      for (const [r, parameters] of runs.entries()) values.set(parameters[name] ?? [], r * size)
      return [name, tensor(values, [runs.length, ...shape])]
    }),
  )
}
