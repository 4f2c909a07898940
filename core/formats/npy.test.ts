import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { type NpyArray, readNpy, writeNpy } from './npy.ts'
import type { NpyType } from './npyHeader.ts'
import type { NumberArray } from './numbers.ts'
import { encodeUtf8 } from './utf8.ts'

/** Whole files; <n> stands for n spaces. */
const fromHex = (hex: string) =>
  Uint8Array.from(hex.replace(/<(\d+)>/g, (_, count: string) => '20'.repeat(Number(count))).match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  )

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const m = Float64Array.of(1, -2.5, 3, Infinity, -0, 0.1)

// Origin: NumPy 2.4.6, printed by core/testing/fixtures/numpyArrays.py
const references: readonly (readonly [string, NpyType, readonly number[], NumberArray, string])[] = [
  [
    'f8',
    'f8',
    [2, 3],
    m,
    '934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c2033292c207d<58>0a000000000000f03f00000000000004c00000000000000840000000000000f07f00000000000000809a9999999999b93f',
  ],
  [
    '>f8',
    'f8',
    [2, 3],
    m,
    '934e554d5059010076007b276465736372273a20273e6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c2033292c207d<58>0a3ff0000000000000c00400000000000040080000000000007ff000000000000080000000000000003fb999999999999a',
  ],
  [
    'f8 fortran',
    'f8',
    [2, 3],
    m,
    '934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a20547275652c20277368617065273a2028' +
      '322c2033292c207d<59>0a000000000000f03f000000000000f07f00000000000004c0000000000000008000000000000008409a9999999999b93f',
  ],
  [
    'f4',
    'f4',
    [2, 3],
    Float32Array.from(m),
    '934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c2033292c207d<58>0a0000803f000020c0000040400000807f00000080cdcccc3d',
  ],
  [
    '>f4',
    'f4',
    [2, 3],
    Float32Array.from(m),
    '934e554d5059010076007b276465736372273a20273e6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c2033292c207d<58>0a3f800000c0200000404000007f800000800000003dcccccd',
  ],
  [
    'f2',
    'f2',
    [7],
    Float32Array.of(1, -2, 65504, 2 ** -24, -0, Infinity, 0.333251953125),
    '934e554d5059010076007b276465736372273a20273c6632272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28372c292c207d<60>0a003c00c0ff7b01000080007c5535',
  ],
  [
    '>f2',
    'f2',
    [1],
    Float32Array.of(0.333251953125),
    '934e554d5059010076007b276465736372273a20273e6632272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28312c292c207d<60>0a3555',
  ],
  [
    '0-d',
    'f8',
    [],
    Float64Array.of(7.5),
    '934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28292c207d<62>0a0000000000001e40',
  ],
  [
    'i1',
    'i1',
    [2],
    Int8Array.of(-128, 127),
    '934e554d5059010076007b276465736372273a20277c6931272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c292c207d<60>0a807f',
  ],
  [
    '>i2',
    'i2',
    [2],
    Int16Array.of(-2, 258),
    '934e554d5059010076007b276465736372273a20273e6932272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c292c207d<60>0afffe0102',
  ],
  [
    'i4',
    'i4',
    [2],
    Int32Array.of(-1, 2 ** 31 - 1),
    '934e554d5059010076007b276465736372273a20273c6934272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c292c207d<60>0affffffffffffff7f',
  ],
  [
    'i8',
    'i8',
    [2],
    BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n),
    '934e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c292c207d<60>0a00000000000000800100000000002000',
  ],
  [
    '>u8',
    'u8',
    [1],
    BigUint64Array.of(2n ** 64n - 1n),
    '934e554d5059010076007b276465736372273a20273e7538272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28312c292c207d<60>0affffffffffffffff',
  ],
  [
    'u1',
    'u1',
    [2, 1],
    Uint8Array.of(0, 255),
    '934e554d5059010076007b276465736372273a20277c7531272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c2031292c207d<58>0a00ff',
  ],
  [
    'b1',
    'b1',
    [2],
    Uint8Array.of(1, 0),
    '934e554d5059010076007b276465736372273a20277c6231272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28322c292c207d<60>0a0100',
  ],
  [
    'u2 fortran',
    'u2',
    [2, 3, 4],
    Uint16Array.from({ length: 24 }, (_, at) => at),
    '934e554d5059010076007b276465736372273a20273c7532272c2027666f727472616e5f6f72646572273a20547275652c20277368617065273a2028' +
      '322c20332c2034292c207d<56>0a00000c00040010000800140001000d00050011000900150002000e00060012000a00160003000f00070013000b00' +
      '1700',
  ],
  [
    'empty',
    'f4',
    [0, 3],
    new Float32Array(),
    '934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20' +
      '28302c2033292c207d<58>0a',
  ],
  [
    'version 2',
    'f8',
    [1, 3],
    m.slice(0, 3),
    '934e554d50590200740000007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c2027736861706527' +
      '3a2028312c2033292c207d<56>0a000000000000f03f00000000000004c00000000000000840',
  ],
  [
    'version 3',
    'f8',
    [1, 3],
    m.slice(0, 3),
    '934e554d50590300740000007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c2027736861706527' +
      '3a2028312c2033292c207d<56>0a000000000000f03f00000000000004c00000000000000840',
  ],
]
const hexOf = (name: string) => references.find(([each]) => each === name)?.[4] ?? ''

/** A file of version 1.0 with this dictionary and so many bytes of data. */
function file(dictionary: string, dataBytes = 0): Uint8Array {
  const text = encodeUtf8(dictionary)
  return Uint8Array.of(0x93, ...encodeUtf8('NUMPY'), 1, 0, text.length & 0xff, text.length >> 8, ...text, ...new Uint8Array(dataBytes))
}
const plain = (shape: string, descr = "'|u1'") => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`

function sentenceOf(bytes: Uint8Array): string {
  try {
    readNpy(bytes, { name: 'w.npy' })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
  return 'no refusal'
}

describe('readNpy', () => {
  test.each(references)('%s: reads what NumPy wrote', (_, type, shape, values, hex) => {
    expect(readNpy(fromHex(hex), { name: 'w.npy' })).toEqual({ type, shape, values } satisfies NpyArray)
  })

  test('a view that starts at any offset is read the same', () => {
    const bytes = fromHex(hexOf('f8'))
    for (let shift = 0; shift < 8; shift += 1) {
      const shifted = new Uint8Array(bytes.length + shift + 1)
      shifted.set(bytes, shift)
      expect(readNpy(shifted.subarray(shift, shift + bytes.length), { name: 'w.npy' }).values).toEqual(m)
    }
  })

  test('column-major data of any shape become row-major', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
    fc.assert(
      fc.property(shapes, (shape) => {
        const count = shape.reduce((product, size) => product * size, 1)
        const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
        const bytes = file(`{'descr': '|u1', 'fortran_order': True, 'shape': (${sizes})}`, count)
        const data = bytes.subarray(bytes.length - count)
        for (const place of data.keys()) data[place] = place
        const { values } = readNpy(bytes, { name: 'w.npy' })
        // Independent: the index of each row-major place by division, its column-major place by Horner's rule from the last axis
        const expected = Array.from({ length: count }, (_, place) => {
          let rest = place
          const index = shape.map(() => 0)
          for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
            index[axis] = rest % (shape[axis] ?? 1)
            rest = Math.floor(rest / (shape[axis] ?? 1))
          }
          return index.reduceRight((sum, at, axis) => sum * (shape[axis] ?? 1) + at, 0)
        })
        expect([...values]).toEqual(expected)
      }),
    )
  })

  test.each<[string, Uint8Array]>([
    ['w.npy: expected a NumPy file, got an empty file', new Uint8Array()],
    ['w.npy: expected a NumPy file, which begins with 93 4e 55 4d 50 59, got 80 04 95', Uint8Array.of(0x80, 4, 0x95)],
    ['w.npy: expected a header of 8 bytes, got 6; is the file cut off?', file('').subarray(0, 6)],
    ['w.npy: expected a header of 10 bytes, got 9; is the file cut off?', file('').subarray(0, 9)],
    ['w.npy: expected a header of 13 bytes, got 12; is the file cut off?', file('{ }').subarray(0, 12)],
    ['w.npy: expected version 1.0, 2.0 or 3.0, got 4.0', Uint8Array.of(0x93, ...encodeUtf8('NUMPY'), 4, 0)],
    ['w.npy: header: expected at most 65536 bytes, got 4294967295', Uint8Array.of(0x93, ...encodeUtf8('NUMPY'), 2, 0, 255, 255, 255, 255)],
    ['w.npy: header: expected ASCII, got byte 195 at offset 2', file("{'ä': 1}")],
    ['w.npy: header: expected a dictionary of descr, fortran_order and shape, got "import os"', file('import os')],
    [
      "w.npy: header: expected a dictionary of descr, fortran_order and shape, got \"{'shape': (1,), 'shape': (2,)}\"",
      file("{'shape': (1,), 'shape': (2,)}"),
    ],
    ['w.npy: header: expected a dictionary of descr, fortran_order and shape, got "{\'order\': True}"', file("{'order': True}")],
    ['w.npy: header: expected the entry fortran_order, got "descr, shape"', file("{'descr': '<f4', 'shape': (1,)}", 4)],
    ['w.npy: fortran_order: expected True or False, got "\'C\'"', file("{'descr': '<f4', 'fortran_order': 'C', 'shape': (1,)}", 4)],
    ['w.npy: shape: expected a tuple of whole numbers ≥ 0, got "(3)"', file(plain('(3)'), 3)],
    ['w.npy: shape: expected a tuple of whole numbers ≥ 0, got "(-1,)"', file(plain('(-1,)'), 1)],
    ['w.npy: shape: expected a tuple of whole numbers ≥ 0, got "(,)"', file(plain('(,)'), 1)],
    ['w.npy: shape: expected a tuple of whole numbers ≥ 0, got "(9007199254740992,)"', file(plain('(9007199254740992,)'), 1)],
    ['w.npy: shape: expected a tuple of whole numbers ≥ 0, got "\'(1,)\'"', file(plain("'(1,)'"), 1)],
    ['w.npy: shape: expected at most 64 dimensions, got 65', file(plain(`(${'1, '.repeat(65)})`), 1)],
    ['w.npy: expected 6 bytes of data for u1 of shape [2,3], got 5', file(plain('(2, 3)'), 5)],
    ['w.npy: expected 6 bytes of data for u1 of shape [2,3], got 7', file(plain('(2, 3)'), 7)],
    ['w.npy, value 1: expected 0 or 1 for a boolean, got 2', Uint8Array.of(...file(plain('(2,)', "'|b1'")), 1, 2)],
    [
      'w.npy: descr: expected plain numbers, got Python objects ("|O"), which only a pickle holds and which are never loaded',
      fromHex(
        '934e554d5059010076007b276465736372273a20277c4f272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c292c207d<61>0a8004',
      ),
    ],
    [
      'w.npy: descr: expected plain numbers, got records of several fields',
      fromHex(
        '934e554d5059010076007b276465736372273a205b282761272c20273c663427295d2c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c292c207d<51>0a00000000',
      ),
    ],
    [
      'w.npy: descr: expected a byte order and one of b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8, got "<U2"',
      fromHex(
        '934e554d5059010076007b276465736372273a20273c5532272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c292c207d<60>0a',
      ),
    ],
    [
      'w.npy: descr: expected a byte order and one of b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8, got "<c16"',
      fromHex(
        '934e554d5059010076007b276465736372273a20273c633136272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028312c292c207d<59>0a',
      ),
    ],
    [
      'w.npy: descr: expected a byte order and one of b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8, got "|f8"',
      file(plain('()', "'|f8'"), 8),
    ],
  ])('%s', (sentence, bytes) => {
    expect(sentenceOf(bytes)).toBe(sentence)
  })

  test('sizes whose product is beyond any file are refused, also beside a dimension of 0', () => {
    const huge = '9007199254740991, '.repeat(30)
    expect(sentenceOf(file(plain(`(${huge})`), 1))).toMatch(/^w\.npy: expected Infinity bytes of data/)
    expect(readNpy(file(plain(`(${huge}0)`)), { name: 'w.npy' }).values).toHaveLength(0)
  })

  test('a header of many spaces is refused in no time', () => {
    expect(sentenceOf(file(plain(`(1${' '.repeat(60_000)}x)`)))).toMatch(/^w\.npy: shape: expected a tuple/)
    expect(sentenceOf(file(`{${' '.repeat(60_000)}`))).toMatch(/^w\.npy: header: expected a dictionary/)
  })

  test('every cut of a file is refused', () => {
    const whole = fromHex(hexOf('u2 fortran'))
    for (let length = 0; length < whole.length; length += 1) expect(sentenceOf(whole.subarray(0, length))).toMatch(/^w\.npy: .*expected/)
  })

  test('any bytes end in an array or a refusal, and in nothing else', () => {
    const whole = fromHex(hexOf('f8 fortran'))
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 3 })
    const changed = fc.tuple(edits, fc.nat(whole.length)).map(([changes, cut]) => {
      const bytes = whole.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      return cut % 2 === 0 ? bytes : bytes.subarray(0, cut)
    })
    const headers = fc.string({
      unit: fc.constantFrom(...`{}[]()'": ,0123456789<>|=fiubO`, 'shape', 'descr', 'fortran_order', 'True'),
      maxLength: 60,
    })
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      changed,
      headers.map((text) => file(text, 8)),
    )
    fc.assert(
      fc.property(bytes, (any) => {
        expect(typeof sentenceOf(any)).toBe('string') // it throws what is no refusal
      }),
      { numRuns: 1000 },
    )
  })
})

describe('writeNpy', () => {
  test.each(['f8', 'f4', 'i4', 'u1', '0-d', 'empty'])('%s: writes NumPy’s own bytes', (name) => {
    const [, , shape, values, hex = ''] = references.find(([each]) => each === name) ?? []
    if (!(
      values instanceof Float64Array ||
      values instanceof Float32Array ||
      values instanceof Int32Array ||
      values instanceof Uint8Array
    )) {
      throw new Error(`no reference ${name}`)
    }
    expect(toHex(writeNpy({ shape: shape ?? [], values }))).toBe(toHex(fromHex(hex)))
  })

  test('any array survives writing and reading to the bit', () => {
    const array = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
      const length = shape.reduce((product, size) => product * size, 1)
      const lengths = { minLength: length, maxLength: length }
      return fc
        .oneof(fc.float32Array(lengths), fc.float64Array(lengths), fc.int32Array(lengths), fc.uint8Array(lengths))
        .map((values) => ({ shape, values }))
    })
    fc.assert(
      fc.property(array, ({ shape, values }) => {
        const bytes = writeNpy({ shape, values })
        expect((bytes.length - values.byteLength) % 64).toBe(0)
        const back = readNpy(bytes, { name: 'w.npy' })
        expect(back.shape).toEqual(shape)
        expect(back.values).toEqual(values)
      }),
    )
  })

  test('a shape that is not its length is a bug', () => {
    expect(() => writeNpy({ shape: [3], values: Uint8Array.of(1, 2) })).toThrow('bug: writeNpy: shape [3] is not its length')
  })
})
