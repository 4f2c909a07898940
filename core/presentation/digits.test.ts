import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatInterval, formatNumber, formatP, thinSpace as _ } from './digits.ts'

/** Reads a formatted number back, independently of how it was written. */
function parse(text: string): number {
  const ascii = text.replaceAll(_, '').replaceAll('−', '-')
  const [mantissa = '', power] = ascii.split('·10')
  if (power === undefined) return Number(mantissa)
  const exponent = [...power].map((sign) => (sign === '⁻' ? '-' : String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(sign)))).join('')
  return Number(`${mantissa}e${exponent}`)
}

describe('formatNumber', () => {
  test('takes its digits from the uncertainty', () => {
    expect(formatNumber(0.92318, 'en', { uncertainty: 0.0041 })).toBe('0.923 ± 0.004')
    expect(formatNumber(0.92318, 'en', { uncertainty: 0.0138 })).toBe('0.923 ± 0.014') // a leading 1 keeps a second digit
    expect(formatNumber(12.3456, 'en', { uncertainty: 3 })).toBe('12 ± 3')
    expect(formatNumber(1234567, 'en', { uncertainty: 20000 })).toBe('(1.23 ± 0.02)·10⁶')
    expect(formatNumber(3.237e-5, 'en', { uncertainty: 4.4e-7 })).toBe('(3.24 ± 0.04)·10⁻⁵')
  })

  test('can keep the uncertainty to itself, where a column of its own shows it', () => {
    expect(formatNumber(0.92318, 'en', { uncertainty: 0.0041, showUncertainty: false })).toBe('0.923')
    expect(formatNumber(3.237e-5, 'en', { uncertainty: 4.4e-7, showUncertainty: false })).toBe('3.24·10⁻⁵')
  })

  test('with a number of decimals keeps that many, zeros included', () => {
    expect([0.5, -1e-7, 12345.678].map((value) => formatNumber(value, 'en', { decimals: 3 }))).toEqual(['0.500', '0.000', `12${_}345.678`])
  })

  test('an uncertainty that rounds up to the next power of ten takes its place there', () => {
    expect(formatNumber(0.5, 'en', { uncertainty: 0.0096 })).toBe('0.500 ± 0.010')
  })

  test('small and large sizes are powers of ten with superscripts', () => {
    expect(formatNumber(3.2e-5, 'en')).toBe('3.2·10⁻⁵')
    expect(formatNumber(-1.234e12, 'en')).toBe('−1.23·10¹²')
    expect(formatNumber(1e-3, 'en')).toBe('0.001')
    expect(formatNumber(9.999e-4, 'en')).toBe('0.001') // rounds into the plain range
  })

  test('thousands have thin spaces from five digits on', () => {
    expect(formatNumber(40000, 'en', { digits: 5 })).toBe(`40${_}000`)
    expect(formatNumber(4000, 'en', { digits: 5 })).toBe('4000')
  })

  test('what is no number is a word, in the language', () => {
    expect([formatNumber(Number.NaN, 'en'), formatNumber(null, 'ja'), formatNumber(undefined, 'en')]).toEqual([
      'no value',
      '値なし',
      'no value',
    ])
    expect([formatNumber(Infinity, 'en'), formatNumber(-Infinity, 'ja')]).toEqual(['∞', '−∞'])
  })

  test('zero has no sign', () => {
    expect([formatNumber(0, 'en'), formatNumber(-0, 'en'), formatNumber(-0.0001, 'en', { uncertainty: 0.5 })]).toEqual([
      '0',
      '0',
      '0.0 ± 0.5',
    ])
  })

  test('read back, a number is within half a unit of its last digit', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
        fc.integer({ min: 1, max: 12 }),
        (value, digits) => {
          fc.pre(Math.abs(value) > 1e-290) // below, dividing by a power of ten loses bits
          const read = parse(formatNumber(value, 'en', { digits }))
          // Half a unit of the last of `digits` digits is at most 5·10^−digits of the value; the product with 10ᵉ rounds once more.
          expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * (5 * 10 ** -digits + 1e-15))
        },
      ),
    )
  })
})

describe('intervals, p-values, durations, sizes', () => {
  test('an interval has both ends to the same place', () => {
    expect(formatInterval(0.91894, 0.9271, 'en')).toBe('[0.919, 0.927]')
    expect(formatInterval(-0.5, 0.5, 'en')).toBe('[−0.5, 0.5]')
    expect(formatInterval(2.1e-6, 3.45e-6, 'en')).toBe('[2.1, 3.5]·10⁻⁶')
    expect(formatInterval(null, 1, 'ja')).toBe('値なし')
    expect(formatInterval(2, 2, 'en')).toBe('[2, 2]')
  })

  test('a p-value below a thousandth claims no more than that', () => {
    const plain = (p: number | null) => formatP(p, 'en').replaceAll('\u00a0', ' ') // no line ends inside
    expect([1e-12, 0.0042, 0.0496, 1, null].map(plain)).toEqual([
      'p < 0.001',
      'p = 0.004',
      'p = 0.050', // not 0.05, which would hide the side of the usual limit
      'p = 1.00',
      'no value',
    ])
  })

  test('a bare p-value is for a column of its own', () => {
    expect([formatP(0.0042, 'en', 'value'), formatP(0, 'en', 'value')]).toEqual(['0.004', '<\u00a00.001'])
  })

  test('a duration has its two largest units', () => {
    expect([850, 12_300, 60_000, 200_000, 7_500_000, 90_000_000].map((ms) => formatDuration(ms, 'en'))).toEqual([
      '850 ms',
      '12.3 s',
      '1 min',
      '3 min 20 s',
      '2 h 5 min',
      '1 d 1 h',
    ])
    expect(formatDuration(200_000, 'ja')).toBe('3分20秒')
    expect(formatDuration(59_990, 'en')).toBe('1 min')
  })

  test('bytes count in powers of a thousand', () => {
    expect([0, 999, 1000, 312_400_000, 999_950].map((bytes) => formatBytes(bytes, 'en'))).toEqual(
      ['0 B', '999 B', '1 kB', '312 MB', '1 MB'].map((text) => text.replace(' ', _)),
    )
  })

  test('counts are whole, with thin spaces', () => {
    expect([0, 7, 1234, 50000, 1_234_567].map((count) => formatCount(count, 'en'))).toEqual([
      '0',
      '7',
      '1234',
      `50${_}000`,
      `1${_}234${_}567`,
    ])
  })
})
