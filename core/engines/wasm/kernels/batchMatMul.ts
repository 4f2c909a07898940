/**
 * Matrix products for the wasm engine: a stack of products as one XNNPACK product for each lane.
 *
 * tfjs gives only a single product without transposed operands to XNNPACK, and everything else to a plain loop, 10–25 times slower for
 * large matrices. XNNPACK finds its operands by id. So each lane of an operand gets an id of its own, registered at its place in the
 * stack's memory, and nothing is copied; an operand that is stored the other way is transposed first. `productPlan.ts` says when.
 *
 * XNNPACK packs its right operand once for each id. In a recording the ids stay: a constant operand stays packed, a changing one is
 * renewed before every product. Lanes never meet: each product reads its own lane, so a NaN stays in it.
 *
 * Determinism: entries are sums in order of k in float32 (the loop's: in blocks of 48), so the bits of a lane depend neither on the other
 * lanes nor, from two on, on their number.
 */
import { broadcast_util, util, type KernelBackend, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Natives, Span } from '../natives.ts'
import { planOf, type Product } from './productPlan.ts'
import { kernel, nativesFor, replaceKernel } from './replaceKernel.ts'

type Native = (...args: unknown[]) => unknown

export function registerBatchMatMul(): void {
  replaceKernel('BatchMatMul', (stock) => {
    assert(stock !== undefined, 'batchMatMul: the wasm backend has no such kernel')
    let multiply: Native | undefined
    return {
      setup: ({ backend: { wasm } }) => {
        const kinds = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number']
        multiply = wasm.cwrap('BatchMatMul', null, kinds) // (a, its shape, 3, b, its shape, 3, transposeA, transposeB, out)
      },
      kernelFunc: (call) => {
        assert(multiply !== undefined, 'batchMatMul: the kernel was not set up')
        return batchMatMul(call, { stock, multiply })
      },
    }
  })
}

function batchMatMul(
  call: Parameters<KernelFunc>[0],
  { stock, multiply }: { stock: KernelFunc; multiply: Native },
): TensorInfo | TensorInfo[] {
  const { a, b } = call.inputs
  assert(a !== undefined && b !== undefined, 'batchMatMul: an operand is missing')
  const natives = nativesFor(call.backend as KernelBackend) // tfjs types it as an object
  const flags = call.attrs as { readonly transposeA?: boolean; readonly transposeB?: boolean } | undefined // the attributes of BatchMatMul
  const { product, outer } = productOf(
    { a, b, isTransposedA: flags?.transposeA === true, isTransposedB: flags?.transposeB === true },
    natives,
  )
  if (product === null) return stock(call)
  const { lanes, m, k, n } = product
  if (lanes * m * n * k === 0) return zeros([...outer, m, n], natives) // XNNPACK refuses empty operands and leaves the result unwritten
  const plan = planOf(product)
  if (plan === 'loop') return stock(call)
  const operands = { a: { ...product.a, info: a }, b: { ...product.b, info: b } }
  const out =
    plan === 'direct'
      ? multiplyLanes({ lanes, m, k, n, ...operands }, { natives, multiply })
      : multiplySwapped({ lanes, m, k, n, ...operands }, { natives, multiply })
  return { ...out, shape: [...outer, m, n] }
}

type Given = { readonly a: TensorInfo; readonly b: TensorInfo; readonly isTransposedA: boolean; readonly isTransposedB: boolean }

/** Sizes of a product and its leading shape; null where lanes are paired in a way that is not one stack, and for the kernel's own refusals. */
function productOf({ a, b, isTransposedA, isTransposedB }: Given, natives: Natives): { product: Product | null; outer: number[] } {
  const outer = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const [lanes, lanesA, lanesB] = [outer, a.shape.slice(0, -2), b.shape.slice(0, -2)].map((shape) => util.sizeFromShape(shape)) as [
    number,
    number,
    number,
  ] // three shapes
  const [m, k] = sizesOf(a, isTransposedA)
  const [inner, n] = sizesOf(b, isTransposedB)
  const isStack = (matrices: number) => matrices === lanes || matrices === 1
  if (inner !== k || a.dtype !== 'float32' || b.dtype !== 'float32' || !isStack(lanesA) || !isStack(lanesB)) return { product: null, outer }
  return {
    product: {
      ...{ lanes, m, k, n },
      a: { matrices: lanesA, isTransposed: isTransposedA, isConstant: natives.isConstant(a.dataId) },
      b: { matrices: lanesB, isTransposed: isTransposedB, isConstant: natives.isConstant(b.dataId) },
    },
    outer,
  }
}

function sizesOf({ shape }: TensorInfo, isTransposed: boolean): readonly [rows: number, columns: number] {
  const [rows, columns] = [shape.at(-2) ?? 0, shape.at(-1) ?? 0]
  return isTransposed ? [columns, rows] : [rows, columns]
}

type Operand = Product['a'] & { readonly info: TensorInfo }
type Operands = Omit<Product, 'a' | 'b'> & { readonly a: Operand; readonly b: Operand }
type Means = { readonly natives: Natives; readonly multiply: Native }

/** C'ᵀ = B'ᵀ·A'ᵀ, then C': the operands as they are stored, each in the other's place. */
function multiplySwapped({ lanes, m, k, n, a, b }: Operands, means: Means): TensorInfo {
  const turn = (side: Operand): Operand => ({ ...side, isTransposed: !side.isTransposed })
  const turned = multiplyLanes({ lanes, m: n, k, n: m, a: turn(b), b: turn(a) }, means) // [lanes, n, m]
  if (m === 1 || n === 1) return turned // the same numbers in the same order
  const { backend } = means.natives
  const out = kernel(backend, 'Transpose', { inputs: { x: turned }, attrs: { perm: [0, 2, 1] } }) // [lanes, m, n]
  backend.disposeData(turned.dataId)
  return out
}

/** One product for each matrix of B'; with a single B' the rows of all lanes are the rows of one product. */
function multiplyLanes({ lanes, m, k, n, a, b }: Operands, { natives, multiply }: Means): TensorInfo {
  const [left, right] = [straight(a, [m, k], natives), straight(b, [k, n], natives)]
  const out = natives.backend.makeOutput([lanes, m, n], 'float32')
  const calls = b.matrices
  const rows = calls === 1 ? lanes * m : m
  const lefts = lanesOf(left.info, { count: calls, size: rows * k, isShared: a.matrices === 1 }, natives)
  const rights = lanesOf(right.info, { count: calls, size: k * n, isShared: false }, natives)
  const outs = lanesOf(out, { count: calls, size: rows * n, isShared: false }, natives)
  const [leftShape, rightShape] = [bytes([1, rows, k]), bytes([1, k, n])]
  for (let r = 0; r < calls; r += 1) {
    const [x, y, z] = [lefts.spans[r], rights.spans[r], outs.spans[r]]
    assert(x !== undefined && y !== undefined && z !== undefined, 'batchMatMul: a lane is missing')
    if (!b.isConstant) natives.renew(y)
    multiply(x.id, leftShape, 3, y.id, rightShape, 3, 0, 0, z.id)
  }
  for (const { own } of [lefts, rights, outs]) natives.drop(own)
  for (const { info, isCopy } of [left, right]) if (isCopy) natives.backend.disposeData(info.dataId)
  return out
}

/**
 * An operand in the order of rows: itself, or its transpose, which for a constant is made once. A row is a column already; tfjs's kernel would copy it in
 * JavaScript, which leaves no native call for a recording.
 */
function straight(side: Operand, [rows, columns]: readonly [number, number], natives: Natives): { info: TensorInfo; isCopy: boolean } {
  const { info, matrices, isTransposed, isConstant } = side
  if (!isTransposed || rows === 1 || columns === 1) return { info, isCopy: false }
  const stored = { ...info, shape: [matrices, columns, rows] }
  const transpose = () => kernel(natives.backend, 'Transpose', { inputs: { x: stored }, attrs: { perm: [0, 2, 1] } })
  return { info: isConstant ? natives.once(transpose) : transpose(), isCopy: true }
}

type Lanes = { readonly count: number; readonly size: number; readonly isShared: boolean }

/** `count` spans of `size` numbers each, one behind the other, or all at one place. The tensor itself serves where it is the only one. */
function lanesOf({ dataId }: TensorInfo, { count, size, isShared }: Lanes, natives: Natives): { spans: Span[]; own: Span[] } {
  const { id, memoryOffset } = natives.backend.dataIdMap.get(dataId)
  if (count === 1 || isShared) return { spans: new Array<Span>(count).fill({ id, pointer: memoryOffset, size }), own: [] }
  const spans = Array.from({ length: count }, (_, r) => natives.view(memoryOffset + r * size * 4, size))
  return { spans, own: spans }
}

function bytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(shape).buffer)
}

function zeros(shape: number[], { backend }: Natives): TensorInfo {
  const out = backend.makeOutput(shape, 'float32')
  backend.typedArrayFromHeap(out).fill(0)
  return out
}
