import { describe, expect, test } from 'vitest'
import { thresholdScale } from './thresholdScale.ts'

const row = (value: number | null, decay: number | null = null) => ({
  threshold: value === null ? null : { value, accuracy: 0, converged: true },
  decay,
})

describe('thresholdScale', () => {
  test('whole decades hold every threshold and γ', () => {
    const scale = thresholdScale([row(0.34, 0.1), row(0.07, 0.1)])
    expect([scale?.low, scale?.high]).toEqual([0.01, 1])
    expect(scale?.at(0.1)).toBeCloseTo(50, 12)
    expect(scale?.at(0.01)).toBe(0)
    expect(scale?.at(1)).toBe(100)
  })
  test('one number has a decade around it, also where it is a power of ten', () => {
    const scale = thresholdScale([row(1)])
    expect(scale?.at(1)).toBeGreaterThan(0)
    expect(scale?.at(1)).toBeLessThan(100)
  })
  test('what is not positive, or is rounding, stands at the left end and makes no scale', () => {
    expect(thresholdScale([row(-2), row(0), row(1e-17, 0), row(null)])).toBeNull()
    expect(thresholdScale([])).toBeNull()
    expect(thresholdScale([row(-2, 0.5)])?.at(-2)).toBe(0)
  })
})
