/**
 * Convolutions of images and what their gradients are made of, by plain loops. They are cross-correlations, as in every library of networks: the kernel is
 * not turned round.
 *
 *   y[n, i, j, o]  = Σ_{a, b, c} x[n, si + a − p, sj + b − p, c] w[a, b, c, o]
 *   dx = Σ dy w over the same terms, dw = Σ x dy: all three are one trilinear form ⟨dy, x ∗ w⟩, once without each of its three
 *
 * A depthwise one has its own outputs for each input: w [a, b, c, m] makes y[…, cM + m] from x[…, c] alone.
 *
 * x [batch, rows, columns, inputs], w [kernel, kernel, inputs, outputs], channels last; float64. Strides, dilations and any padding that tfjs names.
 * Accuracy: terms · 2⁻⁵³ · Σ|term| in each entry at worst. Cost: batch · windows · kernel² · inputs · outputs multiplications.
 * NaN and ±∞ reach every result whose window holds them, and no other: padding is left out and not multiplied with 0.
 */
import { input, sizeOf, type Block, type Kernel } from '../block.ts'
import { convolutionWindows, eachTap, type Windows } from './windows.ts'

/** Input c meets `each` outputs, from c · `step` on. */
type Form = { readonly windows: Windows; readonly each: number; readonly step: number }

function formOf(windows: Windows, isDepthwise: boolean): Form {
  const each = isDepthwise ? windows.outputs / windows.inputs : windows.outputs
  return { windows, each, step: isDepthwise ? each : 0 }
}

/** y = x ∗ w */
function forward({ windows, each, step }: Form, x: Float64Array, w: Float64Array): Float64Array {
  const { inputs, outputs } = windows
  const y = new Float64Array(sizeOf(windows.shape))
  eachTap(windows, (place, window, tap) => {
    for (let c = 0; c < inputs; c += 1) {
      const value = x[place * inputs + c] ?? 0 // inside the arrays, here and below
      const [to, weight] = [window * outputs + c * step, (tap * inputs + c) * each]
      for (let o = 0; o < each; o += 1) y[to + o] = (y[to + o] ?? 0) + value * (w[weight + o] ?? 0)
    }
  })
  return y
}

/** dx, of the size of the image */
function toImage(
  { windows, each, step }: Form,
  dy: Float64Array,
  { w, size }: { readonly w: Float64Array; readonly size: number },
): Float64Array {
  const { inputs, outputs } = windows
  const dx = new Float64Array(size)
  eachTap(windows, (place, window, tap) => {
    for (let c = 0; c < inputs; c += 1) {
      const [from, weight] = [window * outputs + c * step, (tap * inputs + c) * each]
      let sum = 0
      for (let o = 0; o < each; o += 1) sum += (dy[from + o] ?? 0) * (w[weight + o] ?? 0)
      dx[place * inputs + c] = (dx[place * inputs + c] ?? 0) + sum
    }
  })
  return dx
}

/** dw, of the size of the filter */
function toFilter(
  { windows, each, step }: Form,
  x: Float64Array,
  { dy, size }: { readonly dy: Float64Array; readonly size: number },
): Float64Array {
  const { inputs, outputs } = windows
  const dw = new Float64Array(size)
  eachTap(windows, (place, window, tap) => {
    for (let c = 0; c < inputs; c += 1) {
      const value = x[place * inputs + c] ?? 0
      const [from, weight] = [window * outputs + c * step, (tap * inputs + c) * each]
      for (let o = 0; o < each; o += 1) dw[weight + o] = (dw[weight + o] ?? 0) + value * (dy[from + o] ?? 0)
    }
  })
  return dw
}

/** Loops over one kind of array are faster than over any. */
function floats({ values }: Block): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values)
}

const block = (shape: readonly number[], values: Float64Array): Block => ({ shape, dtype: 'float32', values })

const convolution =
  (isDepthwise: boolean): Kernel =>
  (inputs, attributes) => {
    const [x, w] = [input(inputs, 'x'), input(inputs, 'filter')]
    const windows = convolutionWindows(x.shape, w.shape, { attributes, isDepthwise })
    return block(windows.shape, forward(formOf(windows, isDepthwise), floats(x), floats(w)))
  }

const backpropInput =
  (isDepthwise: boolean): Kernel =>
  (inputs, attributes) => {
    const [dy, w] = [input(inputs, 'dy'), input(inputs, 'filter')]
    const { inputShape } = attributes as { inputShape: readonly number[] } // of both kernels
    const windows = convolutionWindows(inputShape, w.shape, { attributes, isDepthwise })
    return block(inputShape, toImage(formOf(windows, isDepthwise), floats(dy), { w: floats(w), size: sizeOf(inputShape) }))
  }

const backpropFilter =
  (isDepthwise: boolean): Kernel =>
  (inputs, attributes) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')]
    const { filterShape } = attributes as { filterShape: readonly number[] } // of both kernels
    const windows = convolutionWindows(x.shape, filterShape, { attributes, isDepthwise })
    return block(filterShape, toFilter(formOf(windows, isDepthwise), floats(x), { dy: floats(dy), size: sizeOf(filterShape) }))
  }

export const convolutions = {
  Conv2D: convolution(false),
  Conv2DBackpropInput: backpropInput(false),
  Conv2DBackpropFilter: backpropFilter(false),
  DepthwiseConv2dNative: convolution(true),
  DepthwiseConv2dNativeBackpropInput: backpropInput(true),
  DepthwiseConv2dNativeBackpropFilter: backpropFilter(true),
} as const satisfies Record<string, Kernel>
