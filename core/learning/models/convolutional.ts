/**
 * A convolutional network on images: layers of convolution, activation and pooling, then a perceptron on what is left, its last layer linear.
 *
 *   h₀ = x,   h_l = pool(σ(h_{l−1} ∗ K_l + b_l)),   f(x) = perceptron(flat(h_L))
 *
 * Rows of x are images, row after row of pixels, the channels of a pixel together (NHWC), as IDX files have them. Filters are stored [kernel, kernel, inputs, outputs]
 * and not turned round, both as in TensorFlow and its like: a cross-correlation. Pooling halves an image: windows of 2 × 2 that do not overlap, an odd last row or
 * column left out. With `same`, zeros around the image keep ⌈size / stride⌉ places; with `valid` windows lie inside.
 * Channels of a layer may change places; with relu one may be scaled up and what reads it down. With average pooling or none, tanh allows a channel its negative.
 *
 * A run trains alone (`trainsAlone`): no engine convolves with one filter for each run, so that R runs in one program are R convolutions, one after the other, at R
 * times the cost and the memory of one. As stacks of their own they go to as many processes as the study may have. A stack of several is computed all the same,
 * run by run, with the bits that each has alone.
 * Source: LeCun et al. 1998; initial values of He et al. 2015 for relu, standard deviation √2/√(kernel² · inputs).
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { add, avgPool, concat, conv2d, maxPool, reshape, slice, type Tensor, type Tensor4D, type Tensors } from '#core/engines/ops.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { activationName, activations } from './activations.ts'
import type { ModelKind, ParameterShape, Size } from './model.ts'
import { scaledInit } from './normalInit.ts'
import { parameter } from './parameter.ts'
import { perceptron } from './perceptron.ts'

const eachLayer = (least: number) => z.int().min(least).max(64)

const settings = z.strictObject({
  kind: z.literal('convolutional'),
  image: z
    .tuple([z.int().min(1), z.int().min(1), z.int().min(1)])
    .optional()
    .describe('height, width and channels of the images; left out for square ones of one channel or three'),
  channels: z.array(z.int().min(1).max(100_000)).min(1).max(64).describe('channels of each convolution'),
  kernel: z.union([eachLayer(1), z.array(eachLayer(1)).min(1)]).default(3).describe('side of the filters, one for all layers or one for each'), // prettier-ignore
  stride: z.union([eachLayer(1), z.array(eachLayer(1)).min(1)]).default(1).describe('places between windows, one for all layers or one for each'), // prettier-ignore
  padding: z.enum(['same', 'valid']).default('same').describe('zeros around the images, or windows inside them alone'),
  pooling: z.enum(['none', 'max', 'average']).default('max').describe('of 2 × 2 places behind each convolution'),
  widths: z.array(z.int().min(1).max(100_000)).max(64).default([]).describe('neurons of each hidden layer behind the convolutions'),
  activation: activationName.default('relu'),
  biases: z.boolean().default(true),
  init: scaledInit,
})
export type Convolutional = z.infer<typeof settings>

export const convolutional: ModelKind<typeof settings> = {
  kind: 'convolutional',
  title: { en: 'Convolutional network', ja: '畳み込みネットワーク' },
  settings,
  shapeOf: ({ init: _, image, ...shape }) => ({ ...shape, image: image ?? null }),
  parameters: (s, size) => [...filters(s, size), ...perceptron.parameters(head(s), { ...size, inputs: left(s, size.inputs) })],
  init: (s, size, key) => ({
    ...Object.fromEntries(
      filters(s, size).map(({ name, shape }) => {
        const count = shape.reduce((product, n) => product * n, 1)
        if (shape.length === 1) return [name, new Float64Array(count)] // a bias
        const inputs = count / (shape.at(-1) ?? 1) // kernel² · channels
        const std = (s.init.scale ?? activations[s.activation].gain) / Math.sqrt(inputs)
        return [name, drawNormal(split(key, `init/${name}`), count).map((value) => std * value)]
      }),
    ),
    ...perceptron.init(head(s), { ...size, inputs: left(s, size.inputs) }, key),
  }),
  apply: (s, parameters, x) => perceptron.apply(head(s), parameters, features(s, parameters, x)),
  weightNames: (s) => [...s.channels.map((_, l) => weightName(l)), ...perceptron.weightNames(head(s))],
  weights: (s, parameters) => ({
    ...Object.fromEntries(s.channels.map((_, l) => [weightName(l), asMatrix(parameter(parameters, weightName(l)))])),
    ...perceptron.weights(head(s), parameters),
  }),
  neurons: (s) => perceptron.neurons(head(s)),
  hidden: (s, parameters, x) => perceptron.hidden(head(s), parameters, features(s, parameters, x)),
  subject: () => ({
    kind: 'singular-values',
    weight: weightName(0),
    title: { en: 'Singular values of the first filters', ja: '最初のフィルタの特異値' },
  }),
  factors: () => null,
  readsImages: ({ image }) => image === undefined,
  trainsAlone: true,
  multiplications: (s, { inputs, outputs }) => {
    const layers = geometry(s, inputs)
    const convolved = layers.reduce((sum, { kernel, from, to, windows }) => sum + windows * kernel ** 2 * from * to, 0)
    const sizes = [left(s, inputs), ...s.widths, outputs]
    return sizes.slice(1).reduce((sum, width, l) => sum + width * (sizes[l] ?? 0), convolved)
  },
  formula: (s) => {
    const { channels, pooling, activation, biases } = s
    const image = channels.reduce((inner, _, l) => {
      const convolved = `${inner} * K_{${l + 1}}${biases ? ` + c_{${l + 1}}` : ''}`
      const bent = `${activations[activation].tex}\\left(${convolved}\\right)`
      return pooling === 'none' ? bent : `\\operatorname{${pooling === 'max' ? 'maxpool' : 'avgpool'}}${bent}`
    }, 'x')
    return perceptron.formula(head(s)).replace('x', () => `\\operatorname{flat}\\left(${image}\\right)`)
  },
}

const weightName = (l: number) => `conv${l + 1}.weight`
const biasName = (l: number) => `conv${l + 1}.bias`

/** The perceptron behind the convolutions, `layer1` … */
function head({ widths, activation, biases, init }: Convolutional): Parameters<typeof perceptron.parameters>[0] {
  return { kind: 'perceptron', widths, activation, biases, init }
}

type Image = readonly [height: number, width: number, channels: number]
type Layer = {
  readonly kernel: number
  readonly stride: number
  readonly from: number // channels that it reads
  readonly to: number
  readonly windows: number
  readonly made: Image // behind the pooling
}

/** What each convolution reads and makes of rows of so many columns. Fails: 'invalid-input' for images that are no such rows, or too small for a layer. */
function geometry(s: Convolutional, columns: number): readonly Layer[] {
  const [kernels, strides] = [eachOf(s, 'kernel'), eachOf(s, 'stride')]
  const layers: Layer[] = []
  let image = imageOf(s, columns)
  for (const [l, to] of s.channels.entries()) {
    const [kernel, stride] = [kernels[l] ?? 1, strides[l] ?? 1]
    const [height, width, from] = image
    const convolved = [height, width].map((size) => placesOf(size, { kernel, stride, padding: s.padding }))
    const made = s.pooling === 'none' ? convolved : convolved.map((size) => Math.floor(size / 2))
    if (made.some((size) => size < 1)) {
      const rule = `expected images that layer ${l + 1} of ${s.channels.length} can halve and convolve`
      throw new Refusal('invalid-input', `model.image: ${rule}, got ${height} × ${width} places in front of it`)
    }
    const [rows = 0, across = 0] = made
    image = [rows, across, to]
    layers.push({ kernel, stride, from, to, windows: convolved.reduce((product, size) => product * size, 1), made: image })
  }
  return layers
}

/** Windows along an axis, as TensorFlow counts them; none or less where the kernel is longer than what it looks at. */
function placesOf(size: number, { kernel, stride, padding }: { kernel: number; stride: number; padding: 'same' | 'valid' }): number {
  return padding === 'same' ? Math.ceil(size / stride) : Math.floor((size - kernel) / stride) + 1
}

/** The kernel or stride of every layer. Fails: 'invalid-input' for a list of another length. */
function eachOf(s: Convolutional, field: 'kernel' | 'stride'): readonly number[] {
  const value = s[field]
  if (typeof value === 'number') return s.channels.map(() => value)
  if (value.length === s.channels.length) return value
  throw new Refusal(
    'invalid-input',
    `model.${field}: expected one number or one for each of ${s.channels.length} layers, got ${quote(value)}`,
  )
}

/** The image that a row is. Fails: 'invalid-input' for one of another number of values; left out, for a number that is no square's, nor three times one. */
function imageOf({ image }: Convolutional, columns: number): Image {
  if (image !== undefined) {
    const [height, width, channels] = image
    if (height * width * channels === columns) return image
    throw new Refusal(
      'invalid-input',
      `model.image: expected height × width × channels to be the ${columns} columns of x, got ${image.join(' × ')}`,
    )
  }
  for (const channels of [1, 3]) {
    const side = Math.sqrt(columns / channels)
    if (Number.isInteger(side) && side > 0) return [side, side, channels]
  }
  throw new Refusal('invalid-input', `model.image: expected height, width and channels, since ${columns} columns of x are no square image of one channel or three, got nothing`) // prettier-ignore
}

/** Columns of what the perceptron reads. */
function left(s: Convolutional, columns: number): number {
  const [height = 0, width = 0, channels = 0] = geometry(s, columns).at(-1)?.made ?? []
  return height * width * channels
}

function filters(s: Convolutional, { inputs }: Size): readonly ParameterShape[] {
  return geometry(s, inputs).flatMap(({ kernel, from, to }, l) => [
    { name: weightName(l), shape: [kernel, kernel, from, to] },
    ...(s.biases ? [{ name: biasName(l), shape: [to] }] : []),
  ])
}

/** [R, kernel, kernel, inputs, outputs] → [R, kernel² · inputs, outputs]: a window's values times this are what it becomes. */
function asMatrix(filter: Tensor): Tensor {
  return reshape(filter, [filter.shape[0] ?? 0, -1, filter.shape.at(-1) ?? 0])
}

/** What the last convolution leaves of each row, [R, n, height · width · channels], for x [n, d] or [R, n, d]; run by run. */
function features(s: Convolutional, parameters: Tensors, x: Tensor): Tensor {
  const runs = parameter(parameters, weightName(0)).shape[0] ?? 0
  const [n, d] = [x.shape.at(-2) ?? 0, x.shape.at(-1) ?? 0]
  const layers = geometry(s, d)
  const each = Array.from({ length: runs }, (_, r) => {
    const own = (tensor: Tensor) => laneOf(tensor, r)
    const rows = x.rank === 2 ? x : own(x) // [n, d]
    let h = reshape(rows, [n, ...imageOf(s, d)]) // [n, height, width, channels]
    for (const [l, layer] of layers.entries()) h = layerOf(s, h, { layer, l, of: (name) => own(parameter(parameters, name)) })
    return reshape(h, [1, n, left(s, d)])
  })
  const [first] = each
  return each.length === 1 && first !== undefined ? first : concat(each, 0)
}

/** pool(σ(h ∗ K + b)), [n, height, width, channels] */
function layerOf(
  s: Convolutional,
  h: Tensor,
  { layer, l, of }: { readonly layer: Layer; readonly l: number; readonly of: (name: string) => Tensor },
): Tensor {
  const filter = of(weightName(l)) as Tensor4D // [kernel, kernel, inputs, outputs], as `filters` says
  const convolved: Tensor = conv2d(h as Tensor4D, filter, layer.stride, s.padding) // its shape has four axes
  const bent = activations[s.activation].of(s.biases ? add(convolved, of(biasName(l))) : convolved) as Tensor4D // as before
  switch (s.pooling) {
    case 'none':
      return bent
    case 'max':
      return maxPool(bent, 2, 2, 'valid')
    case 'average':
      return avgPool(bent, 2, 2, 'valid')
  }
}

/** [R, …] → […] of one run; a stack of one is that run already, and nothing is copied. */
function laneOf(x: Tensor, r: number): Tensor {
  const [runs = 0, ...shape] = x.shape
  if (runs === 1) return reshape(x, shape)
  return reshape(slice(x, [r, ...shape.map(() => 0)], [1, ...shape]), shape)
}
