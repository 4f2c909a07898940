import { describe, expect, test } from 'vitest'
import { planOf, type Product, type Side } from './productPlan.ts'

const side = (matrices: number, is: Partial<Side> = {}): Side => ({ matrices, isTransposed: false, isConstant: false, ...is })
const product = (
  lanes: number,
  [m, k, n]: readonly [number, number, number],
  is: { a?: Partial<Side>; b?: Partial<Side> } = {},
): Product => ({
  ...{ lanes, m, k, n },
  a: side(lanes, is.a),
  b: side(lanes, is.b),
})

describe('the plan of a product', () => {
  test('products that XNNPACK wins by measurement go to it, packed at the smaller side', () => {
    expect(planOf(product(40, [200, 5, 32]))).toBe('direct')
    expect(planOf(product(40, [200, 1, 32]))).toBe('direct')
    expect(planOf(product(40, [5, 200, 32]))).toBe('swapped')
    expect(planOf(product(5, [64, 784, 256]))).toBe('swapped')
    expect(planOf(product(5, [784, 64, 256]))).toBe('direct')
    expect(planOf(product(5, [64, 256, 256], { b: { isTransposed: true } }))).toBe('swapped')
  })
  test('small products, and rows times matrices, stay in the loop', () => {
    expect(planOf(product(256, [3, 3, 3]))).toBe('loop')
    expect(planOf(product(40, [8, 8, 8]))).toBe('loop')
    expect(planOf(product(80, [1, 60, 12]))).toBe('loop')
    expect(planOf(product(40, [200, 32, 1]))).toBe('loop')
  })
  test('a constant operand is the one that is packed', () => {
    expect(planOf(product(4, [100, 80, 100], { a: { isConstant: true } }))).toBe('swapped')
    expect(planOf(product(4, [100, 80, 100], { b: { isConstant: true } }))).toBe('direct')
  })
  test('what is constant never decides between sums of other bits', () => {
    const bools = [false, true]
    const pairs = bools.flatMap((first) => bools.map((second) => [first, second] as const))
    const sizes = [1, 2, 5, 12, 33, 49, 64, 200]
    const products = [1, 2, 40].flatMap((lanes) =>
      sizes.flatMap((m) => sizes.filter((k) => k > 48).flatMap((k) => sizes.map((n) => ({ lanes, size: [m, k, n] as const })))),
    )
    for (const { lanes, size } of products) {
      for (const [transposedA, transposedB] of pairs) {
        const plans = pairs.map(([constantA, constantB]) =>
          planOf(
            product(lanes, size, {
              a: { isTransposed: transposedA, isConstant: constantA },
              b: { isTransposed: transposedB, isConstant: constantB },
            }),
          ),
        )
        expect(new Set(plans.map((plan) => plan === 'loop')).size).toBe(1)
      }
    }
  })
  test('a product of two matrices as they lie is never a loop, which tfjs has not', () => {
    for (const n of [1, 2, 100]) expect(planOf(product(1, [1, 1, n]))).not.toBe('loop')
  })
  test('from two lanes on, their number changes nothing', () => {
    for (const sizes of [
      [3, 3, 3],
      [200, 5, 32],
      [64, 100, 10],
      [1, 60, 12],
      [12, 12, 12],
    ] as const)
      expect(planOf(product(2, sizes))).toBe(planOf(product(400, sizes)))
  })
})
