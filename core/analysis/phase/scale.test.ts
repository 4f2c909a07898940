import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { scaleOf, spread } from './scale.ts'

expect.extend({ toBeAllclose })

describe('scaleOf', () => {
  test.each<[string, readonly number[], 'linear' | 'log']>([
    ['steps of equal size', [0.5, 1, 1.5, 2], 'linear'],
    ['steps of equal ratio', [0.01, 0.1, 1, 10], 'log'],
    ['1, 2, 5, 10', [1, 2, 5, 10], 'log'],
    ['a zero among powers of ten', [0, 0.1, 1, 10], 'linear'],
    ['negative numbers', [-10, -1, -0.1], 'linear'],
    ['one number', [3], 'linear'],
    ['no number', [], 'linear'],
    ['two near numbers', [1, 2], 'linear'],
    ['two a power of ten apart', [0.1, 1], 'log'],
  ])('of %s', (_, levels, expected) => expect(scaleOf(levels)).toBe(expected))
})

describe('spread', () => {
  test('begins and ends exactly where it is told, in equal steps of its scale', () => {
    expect(spread({ low: 1, high: 3 }, { scale: 'linear', isWhole: false, count: 5 })).toBeAllclose([1, 1.5, 2, 2.5, 3])
    expect(spread({ low: 0.01, high: 100 }, { scale: 'log', isWhole: false, count: 5 })).toBeAllclose([0.01, 0.1, 1, 10, 100])
  })
  test('of whole numbers holds each once', () =>
    expect(spread({ low: 1, high: 4 }, { scale: 'log', isWhole: true, count: 65 })).toEqual([1, 2, 3, 4]))
  test('increases', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e3, noNaN: true }), fc.double({ min: 1.01, max: 1e6, noNaN: true }), (low, ratio) => {
        for (const scale of ['linear', 'log'] as const) {
          const places = spread({ low, high: low * ratio }, { scale, isWhole: false, count: 65 })
          expect([places[0], places.at(-1)]).toEqual([low, low * ratio])
          expect(places.every((place, i) => i === 0 || place > (places[i - 1] ?? Infinity))).toBe(true)
        }
      }),
    )
  })
})
