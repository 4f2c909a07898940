/**
 * The gradient of a convolution by its filter, for the wasm engine, which tfjs lacks: matrix products of XNNPACK.
 *
 *   dw[(p, q, c), o] = Σ_{(n, i, j)} x[n, stride·i + p − before, stride·j + q − before, c] · dy[(n, i, j), o]
 *
 * A few images at a time, so that what is arranged stays in the cache: x's columns are taken for each q, channels first (`columnsOf`); then the
 * outputs' rows of each tap lie together and are copied whole. dy is copied too: XNNPACK packs it in leaps, several times slower out of the cache. The sum over images is taken in parts, which
 * is also more exact than one float32 sum over all of them.
 *
 * With batch and channels exchanged it would be one convolution, 1.3 times slower for 32·28·28·32 → 64 and 4 times for a filter of 1×1.
 */
import type { KernelBackend, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Natives, Span } from '../natives.ts'
import { geometryOf, type Geometry } from './convolution.ts'
import { nativesFor, replaceKernel } from './replaceKernel.ts'
import { floatsAt, spanOf } from './spans.ts'

/** About so many outputs (n, i, j) in one product. */
const places = 1024

type Multiply = (...args: unknown[]) => unknown

export function registerConv2DBackpropFilter(): void {
  replaceKernel('Conv2DBackpropFilter', () => {
    let multiply: Multiply | undefined
    return {
      setup: ({ backend: { wasm } }) => {
        const kinds = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number']
        multiply = wasm.cwrap('BatchMatMul', null, kinds) // (a, its shape, 3, b, its shape, 3, transposeA, transposeB, out)
      },
      kernelFunc: (call) => {
        assert(multiply !== undefined, 'convolution gradient: the kernel was not set up')
        return backpropFilter(call, multiply)
      },
    }
  })
}

function backpropFilter(call: Parameters<KernelFunc>[0], multiply: Multiply): TensorInfo {
  const { x, dy } = call.inputs
  const { filterShape } = call.attrs as { readonly filterShape?: number[] } // the attributes of this kernel
  assert(x !== undefined && dy !== undefined && filterShape !== undefined, 'convolution gradient: an operand is missing')
  const natives = nativesFor(call.backend as KernelBackend) // tfjs types it as an object
  const geometry = geometryOf({ x: x.shape, filter: filterShape, isDepthwise: false }, call.attrs)
  const out = natives.backend.makeOutput(filterShape, 'float32')
  if (spanOf(x, natives).size * spanOf(dy, natives).size === 0) natives.act(() => void floatsAt(spanOf(out, natives), natives).fill(0))
  else addProducts({ x, dy, out, geometry }, { natives, multiply })
  return out
}

type Operands = { readonly x: TensorInfo; readonly dy: TensorInfo; readonly out: TensorInfo; readonly geometry: Geometry }

function addProducts({ x, dy, out, geometry }: Operands, { natives, multiply }: { natives: Natives; multiply: Multiply }): void {
  const { backend } = natives
  const { batch, inputs, outputs, rows, columns } = geometry
  const area = rows.outputs * columns.outputs
  const images = Math.min(batch, Math.max(1, Math.round(places / area)))
  const height = rows.kernel * columns.kernel * inputs
  const isArranged = rows.kernel === 1 && rows.stride === 1 // then columns and left are the same
  const taken = backend.makeOutput([columns.kernel * inputs * images * rows.stride * lines(geometry) * columns.outputs], 'float32')
  const left = isArranged ? taken : backend.makeOutput([height, images * area], 'float32')
  const right = backend.makeOutput([images * area, outputs], 'float32')
  const part = backend.makeOutput([height, outputs], 'float32')
  const [given, gradient, scratch, a, b, sum, one] = [x, dy, taken, left, right, out, part].map((info) => spanOf(info, natives)) as Seven // as many
  for (let from = 0; from < batch; from += images) {
    const count = Math.min(images, batch - from)
    const size = count * area * outputs
    natives.act(() => {
      const heap = floatsAt({ pointer: 0, size: backend.wasm.HEAPU8.length / 4 }, natives)
      takeColumns(floatsAt(given, natives), floatsAt(scratch, natives), { geometry, from, count })
      if (!isArranged) copyTaps(heap, { geometry, count, read: scratch.pointer / 4, write: a.pointer / 4 })
      const read = gradient.pointer / 4 + from * area * outputs
      heap.copyWithin(b.pointer / 4, read, read + size)
    })
    natives.renew(b)
    const shapes = [bytes([1, height, count * area]), bytes([1, count * area, outputs])]
    multiply(a.id, shapes[0], 3, b.id, shapes[1], 3, 0, 0, from === 0 ? sum.id : one.id)
    if (from > 0) natives.act(() => addTo(floatsAt(sum, natives), floatsAt(one, natives)))
  }
  for (const info of isArranged ? [taken, right, part] : [taken, left, right, part]) backend.disposeData(info.dataId)
}

type Seven = [Span, Span, Span, Span, Span, Span, Span]

/** Lines of one remainder of (line + before) by the stride that the taps reach. */
function lines({ rows }: Geometry): number {
  return rows.outputs + Math.floor((rows.kernel - 1) / rows.stride)
}

type Images = { readonly geometry: Geometry; readonly from: number; readonly count: number }

/**
 * to[q, c, n, r, l, j] = x[from + n, stride·l + r − before, stride·j + q − before, c], 0 outside: the columns that meet the taps of column q,
 * lines of equal remainder r together. Where a line of outputs is as long as a line of x, they are taken once and moved for the other q.
 */
function takeColumns(x: Float32Array, to: Float32Array, { geometry, from, count }: Images): void {
  const { inputs, rows, columns } = geometry
  const canMove = columns.stride === 1 && columns.outputs === columns.size && columns.before < columns.kernel
  const taps = Array.from({ length: columns.kernel }, (_, q) => q)
  for (const q of canMove ? [columns.before] : taps)
    for (let n = 0; n < count; n += 1) takeTap(x, to, { geometry, q, image: from + n, n, count })
  if (!canMove) return
  const lineCount = inputs * count * rows.stride * lines(geometry)
  for (const q of taps) if (q !== columns.before) moveLines(to, { width: columns.outputs, lineCount, q, before: columns.before })
}

/** The lines of tap q: those of tap `before`, moved by q − before places, 0 where nothing moves in. */
function moveLines(
  to: Float32Array,
  { width, lineCount, q, before }: Readonly<{ width: number; lineCount: number; q: number; before: number }>,
): void {
  const size = width * lineCount
  const [source, target, by] = [before * size, q * size, q - before]
  const [first, end] = [Math.max(0, -by), size - Math.max(0, by)]
  if (end > first) to.copyWithin(target + first, source + first + by, source + end + by)
  const [left, right] = by > 0 ? [Math.max(0, width - by), width] : [0, Math.min(width, -by)]
  for (let line = 0; line < lineCount; line += 1) for (let j = left; j < right; j += 1) to[target + line * width + j] = 0
}

type Taking = { readonly geometry: Geometry; readonly q: number; readonly image: number; readonly n: number; readonly count: number }

function takeTap(from: Float32Array, to: Float32Array, { geometry, q, image, n, count }: Taking): void {
  const { inputs, rows, columns } = geometry
  const { stride, before, outputs: width, size } = columns
  const lineCount = lines(geometry)
  const block = rows.stride * lineCount * width
  const first = Math.min(width, Math.max(0, Math.ceil((before - q) / stride))) // outputs j in [first, end) lie inside
  const end = Math.max(first, Math.min(width, Math.floor((size - 1 + before - q) / stride) + 1))
  for (let line = 0; line < rows.stride * lineCount; line += 1) {
    const row = (line % lineCount) * rows.stride + Math.floor(line / lineCount) - rows.before
    const isInside = row >= 0 && row < rows.size
    takeLine(from, to, {
      channels: inputs,
      read: ((image * rows.size + row) * size + q - before) * inputs,
      step: stride * inputs,
      write: (q * inputs * count + n) * block + line * width,
      pitch: count * block,
      first: isInside ? first : width,
      end: isInside ? end : width,
      width,
    })
  }
}

type Line = Readonly<{
  channels: number
  read: number
  step: number
  write: number
  pitch: number
  first: number
  end: number
  width: number
}>

/** to[write + pitch·c + j] = x[read + step·j + c] for j in [first, end), 0 for the other j < width. */
function takeLine(x: Float32Array, to: Float32Array, { channels, read, step, write, pitch, first, end, width }: Line): void {
  for (let c = 0; c < channels; c += 1) {
    const start = write + c * pitch
    for (let j = 0; j < first; j += 1) to[start + j] = 0
    let at = read + c + first * step
    for (let j = first; j < end; j += 1) {
      to[start + j] = x[at] ?? 0
      at += step
    }
    for (let j = end; j < width; j += 1) to[start + j] = 0
  }
}

type Places = { readonly geometry: Geometry; readonly count: number; readonly read: number; readonly write: number }

/** [q, c, n, r, l, j] → [(p, q, c), (n, i, j)]: for tap p the lines l = ⌊p / stride⌋ + i of remainder r = p mod stride. */
function copyTaps(heap: Float32Array, { geometry, count, read, write }: Places): void {
  const { inputs, rows, columns } = geometry
  const width = columns.outputs
  const area = rows.outputs * width
  const lineCount = lines(geometry)
  const block = rows.stride * lineCount * width
  let to = write
  for (let p = 0; p < rows.kernel; p += 1) {
    const offset = read + ((p % rows.stride) * lineCount + Math.floor(p / rows.stride)) * width
    for (let i = 0; i < columns.kernel * inputs * count; i += 1) {
      heap.copyWithin(to, offset + i * block, offset + i * block + area)
      to += area
    }
  }
}

function addTo(sum: Float32Array, part: Float32Array): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (part[i] ?? 0)
}

function bytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(shape).buffer)
}
