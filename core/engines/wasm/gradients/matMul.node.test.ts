import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inScope, matMul, memory, mul, sum, tensor, valueAndGrads, type Tensor, type Tensor1D } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(3 * i + phase))
const at = (values: ArrayLike<number>, i: number) => values[i] ?? Number.NaN

/** Sizes of C [m, n] = A' B', A' [m, k], B' [k, n], over `lanes` products. */
type Sizes = { readonly lanes: number; readonly m: number; readonly k: number; readonly n: number }
type Flags = { readonly transposeA: boolean; readonly transposeB: boolean }

/** Gradients of Σ G ⊙ (A'B') by the definition, in float64, in the layout of A and B as they are stored. */
function reference(a: Float32Array, b: Float32Array, g: Float32Array, { lanes, m, k, n }: Sizes, { transposeA, transposeB }: Flags) {
  const [da, db] = [new Float64Array(a.length), new Float64Array(b.length)]
  for (let place = 0; place < lanes * m * n; place += 1) {
    const [lane, row, column] = [Math.floor(place / (m * n)), Math.floor(place / n) % m, place % n]
    for (let inner = 0; inner < k; inner += 1) {
      const ia = lane * m * k + (transposeA ? inner * m + row : row * k + inner)
      const ib = lane * k * n + (transposeB ? column * k + inner : inner * n + column)
      da[ia] = at(da, ia) + at(g, place) * at(b, ib)
      db[ib] = at(db, ib) + at(g, place) * at(a, ia)
    }
  }
  return { da, db }
}

const shapes: readonly (readonly [string, Sizes, boolean])[] = [
  ['two matrices', { lanes: 1, m: 4, k: 5, n: 3 }, false],
  ['a row and a matrix', { lanes: 1, m: 1, k: 5, n: 3 }, false],
  ['a stack of matrices', { lanes: 3, m: 4, k: 5, n: 2 }, true],
  ['a stack of rows and matrices', { lanes: 3, m: 1, k: 5, n: 7 }, true],
  ['a stack of matrices and columns', { lanes: 3, m: 6, k: 5, n: 1 }, true],
  ['a stack of numbers', { lanes: 3, m: 1, k: 1, n: 1 }, true],
  ['a stack of one', { lanes: 1, m: 2, k: 3, n: 4 }, true],
]
const flags: readonly Flags[] = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })))
const cases = shapes.flatMap(([name, sizes, isStack]) => flags.map((flag) => ({ name, sizes, isStack, ...flag })))

describe('the gradient of a product on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  const build = ({ sizes: { lanes, m, k, n }, isStack, transposeA, transposeB }: (typeof cases)[number]) => {
    const stack = isStack ? [lanes] : []
    const [a, b, g] = [numbers(lanes * m * k, 1), numbers(lanes * k * n, 2), numbers(lanes * m * n, 3)]
    const shapeOf = (rows: number, columns: number, isTransposed: boolean) => [
      ...stack,
      ...(isTransposed ? [columns, rows] : [rows, columns]),
    ]
    return { a, b, g, aShape: shapeOf(m, k, transposeA), bShape: shapeOf(k, n, transposeB), gShape: [...stack, m, n] }
  }

  test.each(cases)('of $name, transposed: $transposeA, $transposeB, is G·Bᵀ and Aᵀ·G', (one) => {
    const { a, b, g, aShape, bShape, gShape } = build(one)
    const { transposeA, transposeB } = one
    const made = inScope(() => {
      const weight = tensor(g, gShape)
      const total = (x: Tensor, y: Tensor) => sum(mul(weight, matMul(x as Tensor1D, y as Tensor1D, transposeA, transposeB))) // matMul takes any rank; its type asks for one
      const { grads } = valueAndGrads(total as never)([tensor(a, aShape), tensor(b, bShape)]) // the sum is a scalar
      return grads.map((gradient) => ({ shape: gradient.shape, values: Float64Array.from(gradient.dataSync()) }))
    })
    const { da, db } = reference(a, b, g, one.sizes, one)
    expect(made.map(({ shape }) => shape)).toEqual([aShape, bShape])
    // sums of at most 7 products of numbers ≤ 1
    const float32 = { absolute: 8 * 2 ** -23 }
    expect(made[0]?.values ?? []).toBeAllclose(da, float32)
    expect(made[1]?.values ?? []).toBeAllclose(db, float32)
  })

  test.each(flags)('of an operand that lanes share is the sum over lanes, transposed: $transposeA, $transposeB', (flag) => {
    const sizes = { lanes: 3, m: 4, k: 5, n: 2 }
    const { a, b, g, aShape, bShape, gShape } = build({ name: 'a stack', sizes, isStack: true, ...flag })
    const of = (shared: 'a' | 'b') =>
      inScope(() => {
        const weight = tensor(g, gShape)
        const [left, right] = [a.slice(0, shared === 'a' ? 20 : 60), b.slice(0, shared === 'b' ? 10 : 30)]
        const total = (x: Tensor, y: Tensor) => sum(mul(weight, matMul(x as Tensor1D, y as Tensor1D, flag.transposeA, flag.transposeB))) // as above
        const [da, db] = valueAndGrads(total as never)([
          tensor(left, shared === 'a' ? aShape.slice(1) : aShape),
          tensor(right, shared === 'b' ? bShape.slice(1) : bShape),
        ]).grads as [Tensor, Tensor] // two arguments, two gradients
        return { left, right, gradient: Float64Array.from((shared === 'a' ? da : db).dataSync()) }
      })
    const repeat = (values: Float32Array) => Float32Array.from([...values, ...values, ...values])
    const overLanes = (values: Float64Array) =>
      values
        .slice(0, values.length / 3)
        .map((_, i) => at(values, i) + at(values, i + values.length / 3) + at(values, i + (2 * values.length) / 3))
    const float32 = { absolute: 16 * 2 ** -23 } // sums of at most 3 · 5 products of numbers ≤ 1
    const [withA, withB] = [of('a'), of('b')]
    expect(withA.gradient).toBeAllclose(overLanes(reference(repeat(withA.left), b, g, sizes, flag).da), float32)
    expect(withB.gradient).toBeAllclose(overLanes(reference(a, repeat(withB.right), g, sizes, flag).db), float32)
  })
})
