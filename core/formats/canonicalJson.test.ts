import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Json, canonicalJson, sha256Hex } from './canonicalJson.ts'
import { encodeUtf8 } from './utf8.ts'

/** The float64 with these bits. */
function fromBits(hex: string): number {
  return new DataView(BigUint64Array.of(BigInt(`0x${hex}`)).buffer).getFloat64(0, true)
}

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

describe('canonicalJson', () => {
  test('the example of RFC 8785, section 3.2.2, has the bytes of section 3.2.4', () => {
    const value: Json = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    const published =
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c' +
      '31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d'
    expect(hexOf(encodeUtf8(canonicalJson(value)))).toBe(published)
  })

  test('names are sorted by UTF-16 code units, as in RFC 8785, section 3.2.3', () => {
    const value: Json = JSON.parse(String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }`)
    const order = [...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map((match) => match[1])
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('the float64 %s of RFC 8785, appendix B, is %s', (bits, text) => {
    expect(canonicalJson(fromBits(bits))).toBe(text)
  })

  test('JSON.parse reads every value back, and the text does not depend on the order of names', () => {
    const { json } = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0), // −0 + 0 = 0
        fc.string({ unit: 'binary' }),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('json'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value)
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
      }),
    )
  })

  test('what JSON cannot hold is a bug, told with its place', () => {
    const wrong: readonly unknown[] = [
      NaN,
      Infinity,
      undefined,
      () => 1,
      1n,
      Symbol('x'),
      new Date(0),
      new Map(),
      Float64Array.of(1),
      'a\ud800',
    ]
    for (const value of wrong) {
      // the type forbids these; callers without types may still send them
      expect(() => canonicalJson({ a: [value as Json] })).toThrow(/^bug: canonicalJson: expected .* at \$\.a\[0\], got /)
    }
    expect(() => canonicalJson({ a: undefined as unknown as Json })).toThrow('at $.a, got undefined') // as above
    expect(() => canonicalJson(new Array<Json>(2))).toThrow('at $[0]')
    expect(() => canonicalJson({ 'a\ud800': 1 })).toThrow('lone surrogate')
  })

  test('a name may be __proto__', () => {
    const value: Json = JSON.parse('{"__proto__":1,"a":2}')
    expect(canonicalJson(value)).toBe('{"__proto__":1,"a":2}')
  })
})

describe('sha256Hex', () => {
  test('has the digests that NIST publishes', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sha256Hex(Uint8Array.of(0xbd))).toBe('68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b')
  })

  test('text is hashed as UTF-8', () => {
    expect(sha256Hex('鏡')).toBe(sha256Hex(Uint8Array.of(0xe9, 0x8f, 0xa1)))
  })
})

function reversed(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reversed)
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  )
}
