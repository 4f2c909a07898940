import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { turningPoint } from './turningPoint.ts'

describe('turningPoint', () => {
  test('finds any number to its last bit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (root) => {
        expect(Math.abs(turningPoint((x) => x < root, 0, 1) - root)).toBeLessThanOrEqual(Math.max(2 ** -52 * root, 2 ** -1074))
      }),
    )
  })
  test('ends at an end where the condition never turns', () => {
    expect(turningPoint(() => true, 0, 3)).toBe(3)
    expect(turningPoint(() => false, 1, 3)).toBe(1)
    expect(turningPoint(() => false, 0, 1)).toBe(0)
  })
  test('does not overflow between the largest numbers', () => {
    expect(turningPoint((x) => x < 1.5e308, 1e308, Number.MAX_VALUE)).toBe(1.5e308)
  })
  test('asks at most 2,100 times', () => {
    let asked = 0
    turningPoint(() => ((asked += 1), false), 0, Number.MAX_VALUE)
    expect(asked).toBeLessThanOrEqual(2_100)
  })
})
