import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { layerStructures, type LayerStructure, type Weights } from './layers.ts'

expect.extend({ toBeAllclose })

function only(weights: Weights): LayerStructure {
  const [layer] = layerStructures({ layer: weights })
  if (layer === undefined) throw new Error('expected a layer')
  return layer
}

const shares = (layer: LayerStructure) => layer.sparsity.map(({ share }) => share)

describe('layerStructures', () => {
  test('measures a matrix: zeros by threshold, norm, σ₁ and ranks', () => {
    const layer = only({ shape: [2, 4], values: Float64Array.of(3, 0, 5e-4, 5e-7, 0, 4, 5e-10, 5e-13) })
    expect(layer).toMatchObject({ name: 'layer', shape: [2, 4], entries: 8, matrix: { rows: 2, columns: 4 }, exactZeros: 0.25 })
    expect(layer.sparsity.map(({ threshold }) => threshold)).toEqual([1e-3, 1e-6, 1e-9, 1e-12])
    expect(shares(layer)).toEqual([0.75, 0.625, 0.5, 0.375])
    expect([layer.norm, layer.largestSingularValue, layer.spectrum?.stableRank]).toBeAllclose([5, 4, 25 / 16], { relative: 1e-7 }) // of the 5e-4
    expect(layer.spectrum?.numericRank).toBe(2)
  })

  test('keeps the order and the names of the record', () => {
    const bias: Weights = { shape: [1], values: Float32Array.of(1) }
    expect(layerStructures({ 'b.weight': bias, 'a.weight': bias, 'fc1.bias': bias }).map(({ name }) => name)).toEqual([
      'b.weight',
      'a.weight',
      'fc1.bias',
    ])
    expect(layerStructures({})).toEqual([])
  })

  test('gives a vector and a number no matrix and no spectrum', () => {
    const nothing = { matrix: null, spectrum: null, largestSingularValue: null }
    expect(only({ shape: [3], values: Float64Array.of(0, 3, 4) })).toMatchObject({ ...nothing, norm: 5, exactZeros: 1 / 3 })
    expect(only({ shape: [], values: Float64Array.of(-2) })).toMatchObject({ ...nothing, norm: 2, entries: 1 })
  })

  test('takes a kernel as out × (in · h · w), in either layout', () => {
    // Two output channels over 1 × 1 × 2: (1, 2) and (2, 4), of rank 1; then (1, 2) and (2, −1), orthogonal
    const first = only({ shape: [2, 1, 1, 2], values: Float64Array.of(1, 2, 2, 4) })
    expect([first.matrix, first.spectrum?.numericRank]).toEqual([{ rows: 2, columns: 2 }, 1])
    const [last] = layerStructures({ kernel: { shape: [1, 2, 1, 3], values: Float64Array.of(1, 2, 0, 2, -1, 0) } }, 'output-last')
    expect(last?.matrix).toEqual({ rows: 3, columns: 2 }) // rows (1, 2), (2, −1), (0, 0)
    expect(last?.spectrum?.singularValues).toBeAllclose([Math.sqrt(5), Math.sqrt(5)])
  })

  test('finds one spectrum for a kernel in both layouts', () => {
    // 3 × 2 × 2 × 2, out first; the same entries with out last
    const value = (o: number, i: number, h: number, w: number) => ((o * 8 + i * 4 + h * 2 + w) * 7919) % 23
    const cells = (order: (o: number, i: number, h: number, w: number) => number) => {
      const values = new Float32Array(24)
      for (let k = 0; k < 24; k++) {
        const [o, i, h, w] = [k >> 3, (k >> 2) & 1, (k >> 1) & 1, k & 1]
        values[order(o, i, h, w)] = value(o, i, h, w)
      }
      return values
    }
    const torch = layerStructures({ k: { shape: [3, 2, 2, 2], values: cells((o, i, h, w) => ((o * 2 + i) * 2 + h) * 2 + w) } })
    const flow = layerStructures(
      { k: { shape: [2, 2, 2, 3], values: cells((o, i, h, w) => ((h * 2 + w) * 2 + i) * 3 + o) } },
      'output-last',
    )
    expect(flow[0]?.matrix).toEqual(torch[0]?.matrix)
    expect(flow[0]?.spectrum?.singularValues).toBeAllclose(torch[0]?.spectrum?.singularValues ?? [])
    const plain = layerStructures({ k: { shape: [3, 8], values: cells((o, i, h, w) => ((o * 2 + i) * 2 + h) * 2 + w) } })
    expect(plain[0]?.spectrum).toEqual(torch[0]?.spectrum)
  })

  test('takes ε of the machine rank from the array', () => {
    const entries = [1, 0, 0, 2 ** -25]
    expect(only({ shape: [2, 2], values: Float64Array.from(entries) }).spectrum?.machineRank).toBe(2)
    expect(only({ shape: [2, 2], values: Float32Array.from(entries) }).spectrum?.machineRank).toBe(1)
  })

  test('of zeros is all sparse and of rank 0; without entries has no share', () => {
    const zero = only({ shape: [2, 2], values: new Float32Array(4) })
    expect([...shares(zero), zero.exactZeros, zero.norm, zero.largestSingularValue, zero.spectrum?.effectiveRank]).toEqual([
      1, 1, 1, 1, 1, 0, 0, 0,
    ])
    const empty = only({ shape: [0, 3], values: new Float32Array(0) })
    expect([empty.exactZeros, empty.norm, empty.largestSingularValue, empty.spectrum?.numericRank]).toEqual([Number.NaN, 0, 0, 0])
    const [hollow] = layerStructures({ k: { shape: [0, 1, 1, 2], values: new Float32Array(0) } }, 'output-last')
    expect(hollow?.matrix).toEqual({ rows: 2, columns: 0 })
  })

  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('is NaN in every number where a weight is %f', (bad) => {
    const layer = only({ shape: [1, 2], values: Float64Array.of(1, bad) })
    const numbers = [...shares(layer), layer.exactZeros, layer.norm, layer.largestSingularValue, layer.spectrum?.stableRank]
    expect(numbers).toEqual(numbers.map(() => Number.NaN))
  })

  test('refuses a shape that is not that of the values, naming the layer', () => {
    expect(() => layerStructures({ 'fc1.weight': { shape: [2, 3], values: new Float32Array(5) } })).toThrow(
      new Refusal('invalid-input', '"fc1.weight": expected 6 values for shape [2, 3], got 5'),
    )
    expect(() => only({ shape: [-1, 2], values: new Float32Array(0) })).toThrow(Refusal)
    expect(() => only({ shape: [1.5, 2], values: new Float32Array(3) })).toThrow(Refusal)
  })
})
