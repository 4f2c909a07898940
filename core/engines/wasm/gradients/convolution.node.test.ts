import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engine, setBackend, valueAndGrads as gradientsOf } from '@tensorflow/tfjs-core'
import { conv2d, depthwiseConv2d, inScope, memory, mul, sum, tensor, type Tensor, type Tensor4D } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

type Sizes = Readonly<{ batch: number; height: number; width: number; inputs: number; outputs: number; kernel: readonly [number, number] }>
type Case = Sizes & Readonly<{ stride: readonly [number, number]; pad: 'same' | 'valid' | number; isDepthwise: boolean }>
type Numbers = ArrayLike<number>

const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(3 * i + phase))
const at = (values: Numbers, i: number) => values[i] ?? Number.NaN

/** Outputs of an axis and the zeros before it, by TensorFlow's definition of the paddings. */
function axisOf(size: number, kernel: number, { stride, pad }: { stride: number; pad: Case['pad'] }): { count: number; before: number } {
  if (pad === 'same') {
    const count = Math.ceil(size / stride)
    return { count, before: Math.floor(Math.max(0, (count - 1) * stride + kernel - size) / 2) }
  }
  const before = pad === 'valid' ? 0 : pad
  return { count: Math.floor((size + 2 * before - kernel) / stride) + 1, before }
}

function shapesOf({ batch, height, width, inputs, outputs, kernel, stride, pad, isDepthwise }: Case) {
  const rows = axisOf(height, kernel[0], { stride: stride[0], pad })
  const columns = axisOf(width, kernel[1], { stride: stride[1], pad })
  return {
    rows,
    columns,
    x: [batch, height, width, inputs],
    w: [...kernel, inputs, outputs],
    y: [batch, rows.count, columns.count, isDepthwise ? inputs * outputs : outputs],
  }
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)

/** Σ g ⊙ conv(x, w) in float64, by the definition, one product at a time. */
function loss(x: Numbers, w: Numbers, { g, one }: { g: Numbers; one: Case }): number {
  const { height, width, inputs, outputs, kernel, stride, isDepthwise } = one
  const { rows, columns, y } = shapesOf(one)
  const channels = y[3] ?? 0
  let total = 0
  for (let place = 0; place < sizeOf(y); place += 1) {
    const o = place % channels
    const j = Math.floor(place / channels) % columns.count
    const i = Math.floor(place / channels / columns.count) % rows.count
    const n = Math.floor(place / channels / columns.count / rows.count)
    for (let tap = 0; tap < kernel[0] * kernel[1] * inputs; tap += 1) {
      const c = tap % inputs
      const q = Math.floor(tap / inputs) % kernel[1]
      const p = Math.floor(tap / inputs / kernel[1])
      const [row, column] = [i * stride[0] + p - rows.before, j * stride[1] + q - columns.before]
      const isOutside = row < 0 || row >= height || column < 0 || column >= width
      if (isOutside || (isDepthwise && Math.floor(o / outputs) !== c)) continue
      const weight = isDepthwise ? at(w, tap * outputs + (o % outputs)) : at(w, tap * outputs + o)
      total += at(g, place) * weight * at(x, ((n * height + row) * width + column) * inputs + c)
    }
  }
  return total
}

/** Central differences with a step of 1: the loss is linear in each operand, so there is no error but rounding. */
function differences(values: Float32Array, of: (moved: Float64Array) => number): number[] {
  return [...values].map((_, i) => {
    const moved = Float64Array.from(values)
    moved[i] = at(values, i) + 1
    const above = of(moved)
    moved[i] = at(values, i) - 1
    return (above - of(moved)) / 2
  })
}

function operands(one: Case) {
  const { x, w, y } = shapesOf(one)
  return { x: numbers(sizeOf(x), 1), w: numbers(sizeOf(w), 2), g: numbers(sizeOf(y), 3) }
}

/** Both gradients and the value, from the active backend. */
function gradients(one: Case, { x, w, g }: ReturnType<typeof operands>) {
  const shapes = shapesOf(one)
  return inScope(() => {
    const strides: [number, number] = [one.stride[0], one.stride[1]]
    const total = (a: Tensor, b: Tensor) => {
      const [image, filter] = [a as Tensor4D, b as Tensor4D] // as made below
      const rounding = typeof one.pad === 'number' ? 'floor' : undefined // the operations ask for one where the padding is a number
      const made = one.isDepthwise
        ? depthwiseConv2d(image, filter, strides, one.pad, 'NHWC', [1, 1], rounding)
        : conv2d(image, filter, strides, one.pad, 'NHWC', [1, 1], rounding)
      expect(made.shape).toEqual(shapes.y)
      return sum(mul(made, tensor(g, shapes.y)))
    }
    const { value, grads } = gradientsOf(total as never)([tensor(x, shapes.x), tensor(w, shapes.w)]) // the sum is a scalar
    const [dx, dw] = grads.map((gradient) => gradient.dataSync().slice())
    return { value: value.dataSync()[0] ?? Number.NaN, dx: dx ?? new Float32Array(), dw: dw ?? new Float32Array() }
  })
}

const base: Case = {
  batch: 2,
  height: 6,
  width: 5,
  inputs: 2,
  outputs: 3,
  kernel: [3, 3],
  stride: [1, 1],
  pad: 'same',
  isDepthwise: false,
}
const kernels: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 3],
  [5, 5],
  [2, 2],
]
const strides: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 2],
  [1, 2],
  [3, 3],
]
const grid = kernels.flatMap((kernel) =>
  strides.flatMap((stride) =>
    (['same', 'valid', 1, 2] as const)
      .filter((pad) => typeof pad === 'string' || stride[0] === stride[1]) // others are refused
      .map((pad): Case => ({ ...base, kernel, stride, pad })),
  ),
)
const degenerate: readonly Case[] = [
  { ...base, kernel: [6, 5], pad: 'valid' }, // as large as the image
  { ...base, kernel: [6, 5], pad: 'same' },
  { ...base, kernel: [1, 3], stride: [2, 1] },
  { ...base, batch: 1 },
  { ...base, inputs: 1, outputs: 1 },
  { ...base, batch: 1, height: 1, width: 1, inputs: 1, outputs: 1, kernel: [1, 1] },
  { ...base, height: 1, width: 7, stride: [2, 2] },
  { ...base, height: 3, width: 3, kernel: [2, 1], stride: [3, 1] }, // a stride greater than the filter
  { ...base, kernel: [1, 1], pad: 3, stride: [2, 2] }, // outputs that see nothing but padding
]
const both = [...grid, ...degenerate].flatMap((one): Case[] => [one, { ...one, outputs: 1, isDepthwise: true }])
const cases = [...both, { ...base, outputs: 2, isDepthwise: true }, { ...base, outputs: 2, isDepthwise: true, stride: [2, 2] as const }]
const titled = cases.map((one) => ({
  one,
  title: `${one.isDepthwise ? 'depthwise ' : ''}${[one.batch, one.height, one.width, one.inputs].join('·')} → ${one.outputs}, filter ${one.kernel.join('×')}, stride ${one.stride.join('×')}, pad ${one.pad}`,
}))
/** Sums of up to some hundred products of numbers ≤ 1 in float32. */
const float32 = { absolute: 256 * 2 ** -23 }

describe('the gradients of a convolution on wasm', () => {
  beforeAll(async () => {
    await startEngine('cpu')
    await startEngine('wasm')
  })
  let before = { tensors: 0, data: 0 }
  beforeEach(() => void (before = { tensors: memory().numTensors, data: engine().backend.numDataIds() }))
  afterEach(() => expect({ tensors: memory().numTensors, data: engine().backend.numDataIds() }).toEqual(before))

  test.each(titled)('are the central differences: $title', ({ one }) => {
    const { x, w, g } = operands(one)
    const made = gradients(one, { x, w, g })
    expect(made.value).toBeAllclose(loss(x, w, { g, one }), float32)
    expect(made.dx).toBeAllclose(
      differences(x, (moved) => loss(moved, w, { g, one })),
      float32,
    )
    expect(made.dw).toBeAllclose(
      differences(w, (moved) => loss(x, moved, { g, one })),
      float32,
    )
  })

  test.each([
    { ...base, batch: 9, height: 28, width: 28, inputs: 3, outputs: 5 }, // several parts of the batch, the last of them smaller
    { ...base, batch: 9, height: 28, width: 27, inputs: 3, outputs: 5, stride: [2, 2] as const },
    { ...base, batch: 3, height: 40, width: 40, inputs: 1, outputs: 9, kernel: [5, 5] as const, pad: 'valid' as const },
    { ...base, batch: 40, height: 8, width: 8, inputs: 4, outputs: 4, kernel: [1, 1] as const },
    { ...base, batch: 9, height: 20, width: 20, inputs: 6, outputs: 1, isDepthwise: true },
  ])('are those of the cpu engine for $batch·$height·$width·$inputs', async (one) => {
    const given = operands(one)
    const onWasm = gradients(one, given)
    await setBackend('cpu')
    const onCpu = gradients(one, given)
    await setBackend('wasm')
    // sums over up to 7056 places of products ≤ 1 in float32, in two orders; the terms' signs alternate
    expect(onWasm.dx).toBeAllclose(onCpu.dx, float32)
    expect(onWasm.dw).toBeAllclose(onCpu.dw, { absolute: 7056 * 2 ** -23 })
  })

  test('are adjoint to the convolution: ⟨g, conv(x, w)⟩ = ⟨∂x, x⟩ = ⟨∂w, w⟩', () => {
    const side = fc.integer({ min: 1, max: 3 })
    const some = fc.record({
      batch: fc.integer({ min: 1, max: 5 }),
      height: fc.integer({ min: 3, max: 20 }),
      width: fc.integer({ min: 3, max: 20 }),
      inputs: fc.integer({ min: 1, max: 9 }),
      outputs: fc.integer({ min: 1, max: 9 }),
      kernel: fc.tuple(side, side),
      stride: fc.tuple(side, side),
      pad: fc.constantFrom('same' as const, 'valid' as const),
      isDepthwise: fc.boolean(),
    })
    const dot = (a: Numbers, b: Numbers) => Array.from(a).reduce((total, value, i) => total + value * at(b, i), 0)
    fc.assert(
      fc.property(some, (one) => {
        const given = operands(one)
        const { value, dx, dw } = gradients(one, given)
        const products = given.g.length * one.kernel[0] * one.kernel[1] * (one.isDepthwise ? 1 : one.inputs)
        const rounding = { absolute: 4 * products * 2 ** -24 } // each of the products, ≤ 1, rounded
        expect(dot(dx, given.x)).toBeAllclose(value, rounding)
        expect(dot(dw, given.w)).toBeAllclose(value, rounding)
      }),
      { numRuns: 60 },
    )
  })

  test('of an empty batch are empty and 0', () => {
    const one = { ...base, batch: 0 }
    const { dx, dw } = gradients(one, operands(one))
    expect(dx.length).toBe(0)
    expect([...dw]).toEqual(new Array(54).fill(0))
  })
  test('keep a NaN in its image', () => {
    const given = operands(base)
    given.g[0] = Number.NaN
    const { dx } = gradients(base, given)
    expect(dx[0]).toBeNaN()
    expect([...dx.slice(60)].every(Number.isFinite)).toBe(true) // the second image
  })
})

describe('gradients that are not there on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  const refusals: readonly {
    pad: 'same' | number
    strides?: [number, number]
    dilation?: number
    shape: [number, number]
    sentence: string
  }[] = [
    { pad: 'same', dilation: 2, shape: [3, 3], sentence: 'dilations: expected 1 where a gradient is taken, got 2' },
    { pad: 1, shape: [3, 2], sentence: 'pad: expected same or valid where rows and columns differ, got 1 for 3 × 2, strides 1 × 1' },
    {
      pad: 1,
      strides: [1, 2],
      shape: [3, 3],
      sentence: 'pad: expected same or valid where rows and columns differ, got 1 for 3 × 3, strides 1 × 2',
    },
  ]
  test.each(refusals)('are refused with a sentence: $sentence', ({ pad, strides = [1, 1], dilation = 1, shape, sentence }) => {
    const refused = () =>
      inScope(() => {
        const filter = tensor(numbers(sizeOf(shape) * 6, 1), [...shape, 2, 3]) as Tensor4D // four sizes
        const total = (x: Tensor) => sum(conv2d(x as Tensor4D, filter, strides, pad, 'NHWC', dilation)) // as made below
        return gradientsOf(total as never)([tensor(numbers(72, 2), [1, 6, 6, 2])]) // the sum is a scalar
      })
    expect(refused).toThrow(sentence)
  })
})
