import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDecimal } from './decimal.ts'
import { encodeUtf8 } from './utf8.ts'

function read(text: string): number {
  const bytes = encodeUtf8(`x${text}x`)
  return readDecimal(bytes, 1, bytes.length - 1)
}

const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength })

describe('readDecimal', () => {
  test('equals the engine’s own conversion to the bit, for every way to write a number', () => {
    const exponent = fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 400 })))
    fc.assert(
      fc.property(fc.constantFrom('', '-', '+'), digits(25), fc.boolean(), digits(25), exponent, (sign, whole, point, part, power) => {
        const text = `${sign}${whole}${point ? '.' : ''}${part}${power ? power.join('') : ''}`
        fc.pre(whole.length + part.length > 0)
        expect(read(text)).toBe(Number(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('shortest digits of any float64 read back to the same bits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(read(Object.is(value, -0) ? '-0' : String(value))).toBe(value)
      }),
    )
  })

  test('halfway cases round to even', () => {
    expect(read('9007199254740993')).toBe(9007199254740992) // 2⁵³ + 1
    expect(read('9007199254740995')).toBe(9007199254740996)
    expect(read('1.00000000000000011102230246251565')).toBe(1) // 1 + 2⁻⁵³ from below
  })

  test('a number too large is infinite, one too small is zero', () => {
    expect(read('1e999')).toBe(Infinity)
    expect(read('-1e309')).toBe(-Infinity)
    expect(read('1e-999')).toBe(0)
    expect(read(`1e${'9'.repeat(50)}`)).toBe(Infinity)
    expect(read(`0.${'0'.repeat(400)}1e400`)).toBe(0.1)
  })

  test('anything else is not a number', () => {
    for (const text of [
      '',
      '.',
      '+',
      '-',
      'e5',
      '1e',
      '1e+',
      '1.2.3',
      '0x10',
      '1_000',
      '1,5',
      ' 1',
      '1 ',
      '--1',
      '1e5.5',
      'Infinity',
      'NaN',
      '１',
    ]) {
      expect(read(text), text).toBeNaN()
    }
  })
})
