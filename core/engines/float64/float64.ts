/**
 * Float64 for code that is written once: models, losses and tfjs's tape run on plain float64 loops while an action lasts.
 *
 * For measuring, not for training: a fold of a reparametrisation, a gradient that is compared with zero, a Hessian-vector product. The engine that trains stays as
 * it is: its tensors, its captured programs and the table of gradients are what they were when the action ends.
 */
import { engine, tidy, type KernelBackend, type Tensor } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { backendName, Float64Backend, registerKernels } from './backend.ts'
import { withGradients } from './gradients/table.ts'

/** A promise would go on after the engine is put back, and a tensor is gone by then. */
type Plain<T> = T extends PromiseLike<unknown> | Tensor ? never : T

/** What tfjs keeps of the active backend. Its `setBackend` would set up every kernel of the other engine again. */
type Active = { backendName: string | undefined; backendInstance: KernelBackend | undefined }

/**
 * Runs an action with float64 as the active engine and gives back its result. Tensors that it makes are disposed at the end, also after a throw; results leave as numbers
 * (`read64`). The engine that was active is so again afterwards. An action may call inFloat64 again.
 *
 * Fails: a bug if the action returns a promise, keeps a tensor beyond its end, or uses a tensor of another engine; what the action throws.
 */
export function inFloat64<T>(action: () => Plain<T>): T {
  if (engine().backendName === backendName) return scoped(action)
  assert(engine().state.gradientDepth === 0, 'inFloat64: expected no gradient of another engine under way')
  registerKernels()
  const active = engine() as unknown as Active // private in tfjs's types
  const { backendName: nameBefore, backendInstance: instanceBefore } = active
  const backend = new Float64Backend()
  active.backendName = backendName
  active.backendInstance = backend
  try {
    const result = withGradients(() => scoped(action))
    assert(backend.numDataIds() === 0, `inFloat64: ${backend.numDataIds()} tensors outlive the action`)
    return result
  } finally {
    disposeTape()
    active.backendName = nameBefore
    active.backendInstance = instanceBefore
  }
}

function scoped<T>(action: () => Plain<T>): T {
  const made: T[] = []
  tidy(() => void made.push(action()))
  const result = made[0] as T // tidy runs its function once
  assert(!isPromise(result), 'inFloat64: expected an action that ends before it returns, got a promise')
  return result
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** What a gradient that threw has left on the tape: copies that tfjs keeps out of every scope. */
function disposeTape(): void {
  const { state } = engine()
  if (state.gradientDepth > 0) return
  for (const { saved } of state.activeTape ?? []) for (const copy of saved ?? []) copy.dispose()
  state.activeTape = []
}
