import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '#core/contract/values.ts'
import { labelOf, labelsOf } from './labels.ts'

describe('labelOf', () => {
  test.each<[Json, string]>([
    [0.5, '0.5'],
    [1e-9, '1e-9'],
    ['full', 'full'],
    [true, 'true'],
    [null, 'null'],
    [{ kind: 'linear', init: { std: 1 } }, 'linear'],
    [[], 'none'],
    [[{ kind: 'syre', std: 0.1 }, { kind: 'product' }], 'syre + product'],
    [[1, 2], '1 + 2'],
    [{ norm: 3 }, 'norm 3'],
    [{ label: { kind: 'gaussian', std: 1 } }, 'gaussian'],
    [{}, ''],
  ])('%j is called %s', (value, label) => expect(labelOf(value)).toBe(label))
})

describe('labelsOf', () => {
  test('calls a number or word as it is and a kind by its name', () => {
    expect(labelsOf([0.5, 'full', true, null, { kind: 'linear' }])).toEqual(['0.5', 'full', 'true', 'null', 'linear'])
  })
  test('where two would be called the same each says what differs', () => {
    const levels: Json[] = [{ kind: 'product-linear', depth: 2 }, { kind: 'product-linear', depth: 3 }, { kind: 'linear' }]
    expect(labelsOf(levels)).toEqual(['product-linear, depth 2', 'product-linear, depth 3', 'linear'])
    expect(
      labelsOf([
        { kind: 'perceptron', init: { scale: 1 }, biases: true },
        { kind: 'perceptron', init: { scale: 2 }, biases: true },
      ]),
    ).toEqual(['perceptron, scale 1', 'perceptron, scale 2'])
  })
  test('a word and a number that look alike are told apart', () => {
    expect(new Set(labelsOf([1, '1'])).size).toBe(2)
  })
  test('levels that differ have labels that differ, as many as there are', () => {
    const level: fc.Arbitrary<Json> = fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('a', 'b', '1', 'none'),
      fc.record({ kind: fc.constantFrom('a', 'b'), x: fc.integer({ min: 0, max: 2 }) }),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    )
    fc.assert(
      fc.property(fc.uniqueArray(level, { selector: (value) => JSON.stringify(value), maxLength: 6 }), (levels) => {
        const labels = labelsOf(levels)
        expect(labels).toHaveLength(levels.length)
        expect(new Set(labels).size).toBe(levels.length)
      }),
    )
  })
})
