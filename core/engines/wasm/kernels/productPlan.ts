/** How a stack of matrix products is computed on the wasm engine: which of three ways, by sizes and measured times. */

/** An operand as it is stored: `matrices` of them, 1 where all lanes share one. */
export type Side = { readonly matrices: number; readonly isTransposed: boolean; readonly isConstant: boolean }

/** C' [lanes, m, n] = A' [m, k] · B' [k, n], where A' is A or Aᵀ as the flags say. */
export type Product = {
  readonly lanes: number
  readonly m: number
  readonly k: number
  readonly n: number
  readonly a: Side
  readonly b: Side
}

/**
 * `loop`: tfjs's plain loop. `direct`: XNNPACK with B' packed. `swapped`: XNNPACK on C'ᵀ = B'ᵀ·A'ᵀ with A'ᵀ packed.
 *
 * XNNPACK adds the products of an entry in order of k, whichever operand is packed: direct and swapped have the same bits. The loop adds blocks of 48, so
 * its bits are others for k > 48. A recording knows what is constant and tfjs's own step does not; both must have the same bits. So what is constant may
 * decide between plans of equal bits only.
 */
export type Plan = 'loop' | 'direct' | 'swapped'

/** Up to this k the loop's sums have the bits of XNNPACK's. */
const loopBlock = 48

/**
 * Nanoseconds, measured on a Xeon of 2.7 GHz, Node 24, tfjs-backend-wasm 4.22, one thread, minima of seven:
 *
 *   loop      1.0–1.1 a multiplication for k ≥ 12, 1.4 for k = 5, 4.1 for k = 1 (that is k + 3 for each entry of C), the same with transposed operands
 *   XNNPACK   0.075–0.10 a multiplication with n filled up to a multiple of 8, and 8–10 for each row
 *   packing   3.6–4.4 a number of the packed operand, as much as 40 multiplications; 0 where it is constant, for it then stays packed
 *   a call    1.0–1.3 µs where the packed operand is renewed, 0.15 µs where it stays
 *   transpose 0.4–0.6 a number, up to 1.4 for narrow ones
 *
 * [40, 200, 5]·[40, 5, 32]: loop 1.83, direct 0.32 ms. [40, 5, 200]·[40, 200, 32]: loop 1.23, direct 1.27, swapped 0.42, with A constant 0.17 ms.
 * [5, 64, 784]·[5, 784, 256]: loop 114, direct 9–15 ms. [80, 1, 60]·[80, 60, 12]: loop 0.06, direct 0.59 ms.
 */
const ns = { multiply: 0.085, row: 9, loopMultiply: 1.05, loopEntry: 3, pack: 4, renew: 1_100, stay: 150, move: 0.6 } as const

export function planOf(product: Product): Plan {
  const { lanes, m, k, n, a, b } = product
  const isPlain = lanes === 1 && !a.isTransposed && !b.isTransposed // tfjs has no loop for it
  const judged = k <= loopBlock ? product : { ...product, a: { ...a, isConstant: false }, b: { ...b, isConstant: false } }
  const loop = lanes * m * n * (ns.loopMultiply * k + ns.loopEntry)
  if (!isPlain && loop < Math.min(directTime(judged), swappedTime(judged))) return 'loop'
  return directTime(product) <= swappedTime(product) ? 'direct' : 'swapped'
}

function directTime({ lanes, m, k, n, a, b }: Product): number {
  const multiply = lanes * m * (ns.multiply * k * Math.ceil(n / 8) * 8 + ns.row)
  const pack = b.matrices * (b.isConstant ? ns.stay : ns.renew + ns.pack * k * n)
  return multiply + pack + moveTime(a, m, k) + moveTime(b, k, n)
}

function swappedTime({ lanes, m, k, n, a, b }: Product): number {
  const turn = (side: Side): Side => ({ ...side, isTransposed: !side.isTransposed })
  return directTime({ lanes, m: n, k, n: m, a: turn(b), b: turn(a) }) + (m > 1 && n > 1 ? ns.move * lanes * m * n : 0)
}

/** Transposing an operand that is stored the other way; a row and a column lie in memory alike. */
function moveTime({ matrices, isTransposed, isConstant }: Side, rows: number, columns: number): number {
  return isTransposed && !isConstant && rows > 1 && columns > 1 ? ns.move * matrices * rows * columns : 0
}
