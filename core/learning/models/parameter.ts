/** A parameter by its name. */
import { assert } from '#core/contract/errors.ts'
import type { Tensor, Tensors } from '#core/engines/ops.ts'

/** [R, …]. Fails: a bug's sentence if the model has no such parameter. */
export function parameter(parameters: Tensors, name: string): Tensor {
  const found = parameters[name]
  assert(found !== undefined, `model: the parameter ${name} is missing`)
  return found
}
