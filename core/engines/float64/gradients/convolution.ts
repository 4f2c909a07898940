/**
 * Gradients of convolutions and poolings, of any order.
 *
 * A convolution and its two gradients are one trilinear form ⟨dy, x ∗ w⟩ of which each leaves out one of the three: the gradient of any of them by one of its
 * operands is another of them. Mean pooling and its gradient are each other's transpose; so are max pooling, at the places where its input has its largest
 * entries, and its gradient. Those places are constant where no two entries are equal.
 */
import { engine, zeros, type GradConfig, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core'
import { at, one } from './rules.ts'

type Named = Record<string, Tensor>

function run(kernelName: string, inputs: Named, attributes: NamedAttrMap): Tensor {
  const out = engine().runKernel(kernelName, inputs, attributes)
  return out as Tensor // runKernel is typed for kernels of several outputs; these have one
}

/** The rules of y = x ∗ w, of dx and of dw. */
function convolutionGradients(kernelName: string): GradConfig[] {
  const y = (x: Tensor, filter: Tensor, attributes: NamedAttrMap) => run(kernelName, { x, filter }, attributes)
  const dx = (dy: Tensor, filter: Tensor, attributes: NamedAttrMap) => run(`${kernelName}BackpropInput`, { dy, filter }, attributes)
  const dw = (x: Tensor, dy: Tensor, attributes: NamedAttrMap) => run(`${kernelName}BackpropFilter`, { x, dy }, attributes)
  return [
    rule(kernelName, ['x', 'filter'], (g, [x, filter], attributes) => ({
      x: () => dx(g, filter, { ...attributes, inputShape: x.shape }),
      filter: () => dw(x, g, { ...attributes, filterShape: filter.shape }),
    })),
    rule(`${kernelName}BackpropInput`, ['dy', 'filter'], (g, [dy, filter], attributes) => ({
      dy: () => y(g, filter, attributes),
      filter: () => dw(g, dy, { ...attributes, filterShape: filter.shape }),
    })),
    rule(`${kernelName}BackpropFilter`, ['x', 'dy'], (g, [x, dy], attributes) => ({
      x: () => dx(dy, g, { ...attributes, inputShape: x.shape }),
      dy: () => y(x, g, attributes),
    })),
  ]
}

/** The gradient by two operands, from the gradient g of the result. */
function rule(
  kernelName: string,
  inputsToSave: [string, string],
  of: (g: Tensor, operands: readonly [Tensor, Tensor], attributes: NamedAttrMap) => Record<string, () => Tensor>,
): GradConfig {
  return { kernelName, inputsToSave, gradFunc: (dy, saved, attributes) => of(one(dy), [at(saved, 0), at(saved, 1)], attributes) }
}

const nothing = (like: Tensor) => () => zeros(like.shape)

export const convolutionRules: readonly GradConfig[] = [
  ...convolutionGradients('Conv2D'),
  ...convolutionGradients('DepthwiseConv2dNative'),
  {
    kernelName: 'MaxPool',
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => ({ x: () => run('MaxPoolGrad', { dy: one(dy), input: at(saved, 0) }, attributes) }),
  },
  rule('MaxPoolGrad', ['dy', 'input'], (grad, [, input], attributes) => ({
    dy: () => run('MaxPoolGradGrad', { grad, input }, attributes),
    input: nothing(input),
  })),
  rule('MaxPoolGradGrad', ['grad', 'input'], (dy, [, input], attributes) => ({
    grad: () => run('MaxPoolGrad', { dy, input }, attributes),
    input: nothing(input),
  })),
  {
    kernelName: 'AvgPool',
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => ({ x: () => run('AvgPoolGrad', { dy: one(dy), input: at(saved, 0) }, attributes) }),
  },
  rule('AvgPoolGrad', ['dy', 'input'], (g, [, input], attributes) => ({
    dy: () => run('AvgPool', { x: g }, attributes),
    input: nothing(input),
  })),
]
