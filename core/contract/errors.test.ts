import { describe, expect, test } from 'vitest'
import { Refusal, codeNames, codes, fromRecord, quote, toRecord } from './errors.ts'

describe('errors', () => {
  test('every code has an HTTP status of an error and an exit status', () => {
    for (const code of codeNames) {
      expect(codes[code].http).toBeGreaterThanOrEqual(400)
      expect([1, 2]).toContain(codes[code].exit)
    }
  })

  test('a refusal keeps code, message and problems through structured clone', () => {
    const refusal = new Refusal('invalid-input', 'training.steps: expected a whole number ≥ 1, got -5', ['a', 'b'])
    const back = fromRecord(structuredClone(toRecord(refusal)))
    expect(back).toBeInstanceOf(Refusal)
    expect([back.code, back.message, back.problems]).toEqual([refusal.code, refusal.message, refusal.problems])
  })

  test('anything else that is thrown is a bug', () => {
    expect(toRecord(new TypeError('x is not a function')).code).toBe('internal')
    expect(toRecord('text')).toEqual({ code: 'internal', message: 'text' })
  })

  test('quoted text is escaped and cut', () => {
    expect(quote('a\nb')).toBe('"a\\nb"')
    expect(quote('x'.repeat(500)).length).toBeLessThanOrEqual(60)
    expect(quote(undefined)).toBe('undefined')
    expect(quote(Number.NaN)).toBe('NaN')
  })
})
