/**
 * The table of gradients while float64 is active: ours, in place of tfjs's.
 *
 * tfjs's own can be differentiated once. A gradient that uses the saved *output* of its operation (exp, tanh, sigmoid, softmax, elu, max) is cut off from it on the
 * tape, for the copy is written down before the operation is: the second derivative lacks those terms, without an error where others remain (∂²exp(x²) comes out as its
 * term 2exp(x²) alone). Others have no second derivative at all (comparisons), or constants in float32 (erf's 2/√π). Each of ours starts from the inputs.
 * tfjs keeps one table for all engines, so ours is in it only while an action runs.
 */
import { getGradient, registerGradient, unregisterGradient, type GradConfig } from '@tensorflow/tfjs-core'
import { arrangementGradients } from './arrangement.ts'
import { convolutionRules } from './convolution.ts'
import { elementwiseGradients } from './elementwise.ts'

export const gradients: readonly GradConfig[] = [...elementwiseGradients, ...arrangementGradients, ...convolutionRules]

/** Runs an action with our gradients in tfjs's table and puts back what was there. */
export function withGradients<T>(action: () => T): T {
  type Kept = { readonly kernelName: string; readonly config: GradConfig | undefined } // undefined if tfjs has none; its type forgets it
  const before = gradients.map(({ kernelName }): Kept => ({ kernelName, config: getGradient(kernelName) }))
  for (const config of gradients) registerGradient(config)
  try {
    return action()
  } finally {
    for (const { kernelName, config } of before) {
      if (config === undefined) unregisterGradient(kernelName)
      else registerGradient(config)
    }
  }
}
