import { describe, expect, test } from 'vitest'
import { trainingFlops, type Layer } from './flops.ts'

/** Counts multiplications and additions of forward and backward passes over dense layers, one number after another. */
function counted(rows: number, widths: readonly number[]): number {
  let operations = 0
  const product = (m: number, k: number, n: number) => {
    for (let i = 0; i < m; i += 1) for (let j = 0; j < n; j += 1) for (let l = 0; l < k; l += 1) operations += 2
  }
  for (let l = 1; l < widths.length; l += 1) {
    const [inputs = 0, outputs = 0] = [widths[l - 1], widths[l]]
    product(rows, inputs, outputs) // XW
    product(inputs, rows, outputs) // XᵀG
    if (l > 1) product(rows, outputs, inputs) // GWᵀ
  }
  return operations
}

describe('trainingFlops', () => {
  test('is what a program counts that makes each product', () => {
    const widths = [7, 5, 3, 2]
    const layers = widths.slice(1).map((outputs, l): Layer => ({ inputs: widths[l] ?? 0, outputs }))
    expect(trainingFlops(11, layers)).toBe(counted(11, widths))
  })
  test('of a linear model is two products', () => {
    expect(trainingFlops(60, [{ inputs: 12, outputs: 1 }])).toBe(2 * (2 * 60 * 12))
  })
  test('of a 1 × 1 convolution is that of a layer over all places', () => {
    const at = (rows: number, places: number) => trainingFlops(rows, [{ inputs: 3, outputs: 4, places }])
    expect(at(2, 16)).toBe(at(32, 1))
  })
  test('of nothing is nothing', () => {
    expect(trainingFlops(0, [{ inputs: 3, outputs: 4 }])).toBe(0)
    expect(trainingFlops(5, [])).toBe(0)
  })
})
