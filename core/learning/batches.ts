/**
 * Which rows a minibatch step sees.
 *
 * The rows of step t (counted from 0) are places tB … tB + B − 1 of one endless sequence: epoch after epoch, each a fresh permutation of the
 * n rows. So every row is seen once in an epoch, also where B does not divide n, and a step can be asked for without the steps
 * before it: that is what makes a resumed run equal an unbroken one.
 */
import { permutation } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'

export type Batches = (step: number, out: Int32Array) => void

/** Writes the B = out.length rows of a step into `out`. The last two epochs' orders are kept. */
export function batchesOf(key: Key, rows: number): Batches {
  const orders = new Map<number, Int32Array>()
  const orderKey = split(key, 'batch')
  const orderOf = (epoch: number): Int32Array => {
    const known = orders.get(epoch)
    if (known !== undefined) return known
    const order = permutation(orderKey, rows, epoch)
    orders.set(epoch, order)
    for (const old of orders.keys()) if (old < epoch - 1) orders.delete(old)
    return order
  }
  return (step, out) => {
    for (const i of out.keys()) {
      const place = step * out.length + i
      out[i] = orderOf(Math.floor(place / rows))[place % rows] ?? 0
    }
  }
}
