/**
 * A decimal number in bytes → the nearest float64, without making a string where that can be avoided: reading a table is mostly this.
 *
 * The fast path is exact, not approximate: a mantissa below 2⁵³ and a power of ten up to 10²² are both float64 numbers without error, so
 * that one multiplication or division rounds once, to the nearest. Everything else goes through the engine's own `Number`.
 *
 * Source: W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990, section 4.
 */

const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const LOWER_E = 0x65
const CASE_BIT = 0x20
const LARGEST_EXACT_POWER = 22
const LARGEST_GROWING_MANTISSA = 900_719_925_474_098 // 10 m + 9 stays below 2⁵³
const LARGEST_EXPONENT = 100_000 // beyond it the value is 0 or ±∞ whatever the mantissa of a cell of that length

const powersOfTen = Float64Array.of(
  ...[1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11],
  ...[1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22],
)

/**
 * The number that `bytes[start, end)` write: sign, digits with at most one point, exponent, nothing else.
 *
 * @returns the nearest float64, −0 for "-0", ±∞ above the largest float64; NaN where the bytes are not such a number
 * Accuracy: correctly rounded.
 */
export function readDecimal(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS
  let at = isNegative || bytes[start] === PLUS ? start + 1 : start
  let mantissa = 0
  let digits = 0
  let point = -1
  let isExact = true
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === POINT && point < 0) {
      point = at
      continue
    }
    const digit = byte - ZERO
    if (digit < 0 || digit > 9) break
    digits += 1
    if (mantissa > LARGEST_GROWING_MANTISSA) isExact = false
    else mantissa = mantissa * 10 + digit
  }
  if (digits === 0) return Number.NaN
  const scale = (point < 0 ? 0 : point + 1 - at) + (at < end ? readExponent(bytes, at, end) : 0) // the value is mantissa · 10^scale
  if (Number.isNaN(scale)) return Number.NaN
  if (!isExact || Math.abs(scale) > LARGEST_EXACT_POWER) return Number(ascii(bytes, start, end))
  const size = scale < 0 ? mantissa / (powersOfTen[-scale] ?? 1) : mantissa * (powersOfTen[scale] ?? 1)
  return isNegative ? -size : size
}

/** The exponent that `bytes[at, end)` write as e, sign, digits; NaN where they do not. */
function readExponent(bytes: Uint8Array, at: number, end: number): number {
  if (((bytes[at] ?? 0) | CASE_BIT) !== LOWER_E) return Number.NaN
  const isNegative = bytes[at + 1] === MINUS
  const first = isNegative || bytes[at + 1] === PLUS ? at + 2 : at + 1
  if (first >= end) return Number.NaN
  let exponent = 0
  for (let index = first; index < end; index += 1) {
    const digit = (bytes[index] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    exponent = Math.min(LARGEST_EXPONENT, exponent * 10 + digit)
  }
  return isNegative ? -exponent : exponent
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at] ?? 0)
  return text
}
