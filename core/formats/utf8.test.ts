import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8, invalidUtf8At, isWellFormed } from './utf8.ts'

const bytesOf = (...values: readonly number[]) => Uint8Array.of(...values)

describe('utf8', () => {
  test('text of every plane survives the way through bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = encodeUtf8(text)
        expect(invalidUtf8At(bytes)).toBe(-1)
        expect(decodeUtf8(bytes)).toBe(text)
      }),
    )
  })

  test('the examples of RFC 3629, section 7, have their published bytes', () => {
    expect([...encodeUtf8('A≢Α.')]).toEqual([0x41, 0xe2, 0x89, 0xa2, 0xce, 0x91, 0x2e])
    expect([...encodeUtf8('日本語')]).toEqual([0xe6, 0x97, 0xa5, 0xe6, 0x9c, 0xac, 0xe8, 0xaa, 0x9e])
    expect([...encodeUtf8('\u{233b4}')]).toEqual([0xf0, 0xa3, 0x8e, 0xb4])
  })

  test('the boundaries of Unicode table 3-7 are kept', () => {
    const wrong = [
      bytesOf(0x80), // a tail alone
      bytesOf(0xc1, 0xbf), // overlong
      bytesOf(0xe0, 0x9f, 0xbf), // overlong
      bytesOf(0xed, 0xa0, 0x80), // a surrogate
      bytesOf(0xf0, 0x8f, 0xbf, 0xbf), // overlong
      bytesOf(0xf4, 0x90, 0x80, 0x80), // above U+10FFFF
      bytesOf(0xf5, 0x80, 0x80, 0x80),
      bytesOf(0xe3, 0x81), // cut off
    ]
    for (const bytes of wrong) expect(invalidUtf8At(Uint8Array.of(0x61, ...bytes))).toBe(1)
    const right = [bytesOf(0xc2, 0x80), bytesOf(0xed, 0x9f, 0xbf), bytesOf(0xee, 0x80, 0x80), bytesOf(0xf4, 0x8f, 0xbf, 0xbf)]
    for (const bytes of right) expect(invalidUtf8At(bytes)).toBe(-1)
  })

  test('a lone surrogate has no bytes', () => {
    expect(isWellFormed('a\ud800')).toBe(false)
    expect(isWellFormed('\ude00\ud83d')).toBe(false)
    expect(isWellFormed('😀')).toBe(true)
    expect(() => encodeUtf8('a\ud800')).toThrow(/surrogate/)
  })

  test('text longer than one chunk is decoded whole', () => {
    const text = '語a'.repeat(20_000)
    expect(decodeUtf8(encodeUtf8(text))).toBe(text)
  })
})
