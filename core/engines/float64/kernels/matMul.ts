/** The kernel of matrix products, over stacks of matrices that broadcast against each other. */
import { broadcast_util } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { input, permute, placesOf, sizeOf, type Block, type Kernel } from '../block.ts'

type Sizes = { readonly m: number; readonly k: number; readonly n: number }

/**
 * C = A'·B', A' = A or Aᵀ of the last two axes, B' likewise; every entry is summed in the order of k.
 *
 * @param a  [..., m, k] or, transposed, [..., k, m]
 * @param b  [..., k, n] or, transposed, [..., n, k]; the axes in front broadcast
 * @returns  [..., m, n]
 * Accuracy: k · 2⁻⁵³ · |A'||B'| in each entry at worst.
 * Cost: 2mkn operations for each product.
 */
export const batchMatMul: Kernel = (inputs, attributes) => {
  const { transposeA, transposeB } = attributes as { transposeA?: boolean; transposeB?: boolean } // the attributes of BatchMatMul
  const left = transposeA === true ? swapLast(input(inputs, 'a')) : input(inputs, 'a') // [..., m, k]
  const right = transposeB === true ? input(inputs, 'b') : swapLast(input(inputs, 'b')) // [..., n, k]: rows of both lie together
  const [m = 1, k = 1] = left.shape.slice(-2)
  const [n = 1, inner = 1] = right.shape.slice(-2)
  assert(k === inner, `matMul: expected equal inner sizes, got [${m}, ${k}] times [${inner}, ${n}]`)
  const stack = broadcast_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2))
  const [lefts, rights] = [startsOf(left, stack), startsOf(right, stack)]
  const values = new Float64Array(sizeOf(stack) * m * n)
  const [a, b] = [floats(left), floats(right)]
  for (const [lane, from] of lefts.entries()) {
    const rows = a.subarray(from, from + m * k)
    const columns = b.subarray(rights[lane] ?? 0, (rights[lane] ?? 0) + n * k)
    multiply(rows, columns, { out: values.subarray(lane * m * n, (lane + 1) * m * n), m, k, n })
  }
  return { shape: [...stack, m, n], dtype: 'float32', values }
}

/** [..., m, n] → [..., n, m] */
function swapLast(x: Block): Block {
  const axes = x.shape.map((_, axis) => axis)
  return permute(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()])
}

/** Where the matrix of each product begins. */
function startsOf({ shape }: Block, stack: readonly number[]): Int32Array {
  const own = shape.slice(0, -2)
  const added = stack.length - own.length
  const step = (axis: number) => (own[axis] === 1 || axis < 0 ? 0 : sizeOf(shape.slice(axis + 1)))
  return placesOf(
    stack,
    stack.map((_, axis) => step(axis - added)),
  )
}

function floats({ values }: Block): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values)
}

type Product = Sizes & { readonly out: Float64Array }

/** out [m, n] = a [m, k] · (b [n, k])ᵀ, two rows by four columns at a time, so that eight sums run beside each other. */
function multiply(a: Float64Array, b: Float64Array, product: Product): void {
  const { out, m, k, n } = product
  const [rows, columns] = [m - (m % 2), n - (n % 4)]
  for (let row = 0; row < rows; row += 2) {
    for (let column = 0; column < columns; column += 4) {
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s03 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s13 = 0
      const top = row * k
      const first = column * k
      for (let i = 0; i < k; i += 1) {
        const x0 = a[top + i] ?? 0 // inside the rows, here and below
        const x1 = a[top + k + i] ?? 0
        const y0 = b[first + i] ?? 0
        const y1 = b[first + k + i] ?? 0
        const y2 = b[first + 2 * k + i] ?? 0
        const y3 = b[first + 3 * k + i] ?? 0
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        s03 += x0 * y3
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        s13 += x1 * y3
      }
      const at = row * n + column
      out[at] = s00
      out[at + 1] = s01
      out[at + 2] = s02
      out[at + 3] = s03
      out[at + n] = s10
      out[at + n + 1] = s11
      out[at + n + 2] = s12
      out[at + n + 3] = s13
    }
  }
  multiplyRest(a, b, { ...product, rows, columns })
}

/** What fills no tile: the last columns of the first rows, and all columns of the last row. */
function multiplyRest(
  a: Float64Array,
  b: Float64Array,
  { out, m, k, n, rows, columns }: Product & { readonly rows: number; readonly columns: number },
): void {
  for (let row = 0; row < m; row += 1) {
    for (let column = row < rows ? columns : 0; column < n; column += 1) {
      let sum = 0
      for (let i = 0; i < k; i += 1) sum += (a[row * k + i] ?? 0) * (b[column * k + i] ?? 0) // inside both rows
      out[row * n + column] = sum
    }
  }
}
