/**
 * A multilayer perceptron: f(x) = σ(… σ(xW₁ + b₁) …)W_L + b_L, the last layer linear.
 *
 * Neurons of a layer may change places (permutation symmetry); with an odd activation a neuron and its negative are the same (sign flip); with relu
 * a neuron may be scaled up and its outgoing weights down (rescaling by ρ > 0). Weights are stored [inputs, outputs], the transpose of PyTorch's.
 */
import { z } from 'zod'
import { add, reshape, type Tensor, type Tensors } from '#core/engines/ops.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { activationName, activations } from './activations.ts'
import type { ModelKind, ParameterShape, Size } from './model.ts'
import { scaledInit } from './normalInit.ts'
import { parameter } from './parameter.ts'
import { stackedProduct } from './stackedProduct.ts'

const settings = z.strictObject({
  kind: z.literal('perceptron'),
  widths: z.array(z.int().min(1).max(100_000)).min(1).max(64).describe('neurons of each hidden layer'),
  activation: activationName.default('tanh'),
  biases: z.boolean().default(true),
  init: scaledInit,
})
export type Perceptron = z.infer<typeof settings>

export const perceptron: ModelKind<typeof settings> = {
  kind: 'perceptron',
  title: { en: 'Multilayer perceptron', ja: '多層パーセプトロン' },
  settings,
  shapeOf: ({ kind, widths, activation, biases }) => ({ kind, widths, activation, biases }),
  parameters: layers,
  init: (s, size, key) =>
    Object.fromEntries(
      layers(s, size).map(({ name, shape }) => {
        const [inputs = 0, outputs] = shape
        if (outputs === undefined) return [name, new Float64Array(inputs)] // a bias
        const std = (s.init.scale ?? activations[s.activation].gain) / Math.sqrt(inputs)
        return [name, drawNormal(split(key, `init/${name}`), inputs * outputs).map((value) => std * value)]
      }),
    ),
  apply: (s, parameters, x) => {
    const last = hiddenLayers(s, parameters, x).at(-1)
    return affine(s, { parameters, layer: s.widths.length, x: last ?? x })
  },
  weightNames: ({ widths }) => [...widths.keys(), widths.length].map((l) => `${layerName(l)}.weight`),
  weights: ({ widths }, parameters) =>
    Object.fromEntries(
      [...widths.keys(), widths.length].map((l) => [`${layerName(l)}.weight`, parameter(parameters, `${layerName(l)}.weight`)]),
    ),
  neurons: ({ widths, activation, biases }) =>
    [...widths.keys()].map((l) => ({
      name: layerName(l),
      incoming: `${layerName(l)}.weight`,
      bias: biases ? `${layerName(l)}.bias` : null,
      outgoing: `${layerName(l + 1)}.weight`,
      activation: activations[activation].symmetry,
    })),
  hidden: (s, parameters, x) => Object.fromEntries(hiddenLayers(s, parameters, x).map((layer, l) => [layerName(l), layer])),
  subject: () => ({
    kind: 'singular-values',
    weight: 'layer1.weight',
    title: { en: 'Singular values of the first layer', ja: '第1層の特異値' },
  }),
  factors: () => null,
  formula: ({ widths, activation, biases }) =>
    [...widths.keys(), widths.length].reduce((inner, l) => {
      const affine = `${l === 0 ? 'x' : inner}W_{${l + 1}}${biases ? ` + b_{${l + 1}}` : ''}`
      return l === widths.length ? affine : `${activations[activation].tex}\\left(${affine}\\right)`
    }, 'x'),
}

function layerName(index: number): string {
  return `layer${index + 1}`
}

function layers({ widths, biases }: Perceptron, { inputs, outputs }: Size): readonly ParameterShape[] {
  const sizes = [inputs, ...widths, outputs]
  return sizes
    .slice(1)
    .flatMap((width, l) => [
      { name: `${layerName(l)}.weight`, shape: [sizes[l] ?? 0, width] },
      ...(biases ? [{ name: `${layerName(l)}.bias`, shape: [width] }] : []),
    ])
}

/** σ(… xW₁ + b₁ …) of every hidden layer, [R, n, width] each */
function hiddenLayers(s: Perceptron, parameters: Tensors, x: Tensor): readonly Tensor[] {
  const made: Tensor[] = []
  for (const layer of s.widths.keys()) made.push(activations[s.activation].of(affine(s, { parameters, layer, x: made.at(-1) ?? x })))
  return made
}

/** xW + b, [R, n, width], for x [n, d] or [R, n, d] */
function affine({ biases }: Perceptron, { parameters, layer, x }: { parameters: Tensors; layer: number; x: Tensor }): Tensor {
  const product = stackedProduct(x, parameter(parameters, `${layerName(layer)}.weight`))
  if (!biases) return product
  const bias = parameter(parameters, `${layerName(layer)}.bias`) // [R, width]
  return add(product, reshape(bias, [bias.shape[0] ?? 0, 1, bias.shape[1] ?? 0]))
}
