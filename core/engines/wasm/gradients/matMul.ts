/**
 * The gradient of a matrix product, for the wasm engine.
 *
 * With A' = A or Aᵀ and B' = B or Bᵀ as the product used them, C = A'·B': ∂L/∂A' = (∂L/∂C)·B'ᵀ, ∂L/∂B' = A'ᵀ·(∂L/∂C); where an operand was
 * transposed, its own gradient is the transpose of that. Operands are named as they are stored, with flags: our kernel transposes the
 * smaller one, or none. An operand that lanes share gets the sum over lanes, which tfjs's own gradient leaves out.
 */
import { broadcast_util, matMul, registerGradient, reshape, sum, type Tensor } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'

export function registerMatMulGradient(): void {
  registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved
      assert(a !== undefined && b !== undefined && !Array.isArray(dy), 'matMul gradient: saved operands are missing')
      const { transposeA = false, transposeB = false } = attributes as { transposeA?: boolean; transposeB?: boolean } // the attributes of BatchMatMul
      return {
        a: () => overLanes(transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB), a.shape),
        b: () => overLanes(transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false), b.shape),
      }
    },
  })
}

/** Sums a gradient over the lanes that shared the operand, [R, p, q] → [p, q]. */
function overLanes(gradient: Tensor, shape: number[]): Tensor {
  const axes = broadcast_util.getReductionAxes(shape.slice(0, -2), gradient.shape.slice(0, -2))
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape)
}
