import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64ToBytes, bytesToBase64, plainCoder } from './base64.ts'

/** RFC 4648, section 10; all of it is ASCII. */
const vectors = { '': '', f: 'Zg==', fo: 'Zm8=', foo: 'Zm9v', foob: 'Zm9vYg==', fooba: 'Zm9vYmE=', foobar: 'Zm9vYmFy' } as const
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0))

describe('base64', () => {
  test.each(Object.entries(vectors))('%j is %j by both coders, and back', (plain, coded) => {
    expect([bytesToBase64(ascii(plain)), bytesToBase64(ascii(plain), plainCoder)]).toEqual([coded, coded])
    expect([base64ToBytes(coded), base64ToBytes(coded, plainCoder)]).toEqual([ascii(plain), ascii(plain)])
  })

  test('the plain coder and the runtime agree on any bytes, pieces included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000, size: 'max' }), (bytes) => {
        const text = bytesToBase64(bytes)
        expect(bytesToBase64(bytes, plainCoder)).toBe(text)
        expect(base64ToBytes(text, plainCoder)).toEqual(bytes)
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['text of another length', 'abc'],
    ['a sign outside the alphabet', 'ab!d'],
    ['a number', 5],
    ['null', null],
    ['a letter beyond ASCII', 'abcé'],
  ])('%s is refused by both coders', (_name, text) => {
    expect(() => base64ToBytes(text)).toThrow(/expected base64 text/)
    expect(() => base64ToBytes(text, plainCoder)).toThrow(/expected base64 text/)
  })

  test('decoded bytes own their memory, so that eight of them are a float64', () => {
    expect(base64ToBytes(bytesToBase64(new Uint8Array(8))).byteOffset).toBe(0)
    expect(base64ToBytes(bytesToBase64(new Uint8Array(8))).buffer.byteLength).toBe(8)
  })
})
