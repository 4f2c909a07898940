import fc from 'fast-check'
import { gzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { type Idx, pairLabels, readIdx } from './idx.ts'

const name = 'train.idx'

/** A file by the format's own words: 0, 0, type, rank, sizes and data, all big-endian. */
function file(type: number, shape: readonly number[], data: Iterable<number>): Uint8Array<ArrayBuffer> {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255])
  return Uint8Array.of(0, 0, type, shape.length, ...sizes, ...data)
}

function sentenceOf(bytes: Uint8Array, limit?: number): string {
  try {
    readIdx(bytes, limit === undefined ? { name } : { name, limit })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
  return 'no refusal'
}

const images = file(8, [2, 2, 3], [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255])

/** A member with every optional field of RFC 1952: extra, name, comment and header check sum (which nobody checks). */
function withAllFields(member: Uint8Array): Uint8Array {
  const fields = [3, 0, 1, 2, 3, 0x61, 0, 0x62, 0x63, 0, 9, 9]
  return Uint8Array.of(...member.subarray(0, 3), 2 + 4 + 8 + 16, ...member.subarray(4, 10), ...fields, ...member.subarray(10))
}

describe('readIdx', () => {
  test.each<[string, Uint8Array, Idx]>([
    ['ubyte', images, { name, shape: [2, 2, 3], values: Uint8Array.of(0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255) }],
    ['byte', file(9, [2], [0x80, 0x7f]), { name, shape: [2], values: Int8Array.of(-128, 127) }],
    ['short', file(0x0b, [2], [0xff, 0xfe, 1, 2]), { name, shape: [2], values: Int16Array.of(-2, 258) }],
    ['int', file(0x0c, [1, 2], [0x80, 0, 0, 0, 0, 1, 0, 2]), { name, shape: [1, 2], values: Int32Array.of(-(2 ** 31), 65538) }],
    ['float', file(0x0d, [2], [0x3f, 0xc0, 0, 0, 0xff, 0x80, 0, 0]), { name, shape: [2], values: Float32Array.of(1.5, -Infinity) }],
    ['double', file(0x0e, [1], [0x40, 9, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18]), { name, shape: [1], values: Float64Array.of(Math.PI) }],
    ['no items', file(8, [0, 28, 28], []), { name, shape: [0, 28, 28], values: new Uint8Array() }],
    ['eight dimensions', file(8, [1, 1, 1, 1, 1, 1, 1, 2], [7, 8]), { name, shape: [1, 1, 1, 1, 1, 1, 1, 2], values: Uint8Array.of(7, 8) }],
  ])('%s: the same array plain, in gzip, and from any offset', (_, bytes, expected) => {
    expect(readIdx(bytes, { name })).toEqual(expected)
    expect(readIdx(gzipSync(bytes), { name })).toEqual(expected)
    expect(readIdx(withAllFields(gzipSync(bytes, { mtime: 0 })), { name })).toEqual(expected)
    const shifted = new Uint8Array(bytes.length + 4)
    shifted.set(bytes, 3)
    expect(readIdx(shifted.subarray(3, 3 + bytes.length), { name })).toEqual(expected)
  })

  test('images of many pieces of gzip come out as they went in', () => {
    // Linear congruential (Park and Miller): so irregular that the deflated data pass 64 KiB several times
    let state = 1
    const pixels = Uint8Array.from({ length: 300_000 }, () => (state = (state * 16_807) % 2_147_483_647) & 255)
    const packed = gzipSync(new Uint8Array([...file(8, [300, 1000], []), ...pixels]))
    expect(packed.length).toBeGreaterThan(4 * 65_536)
    expect(readIdx(packed, { name }).values).toEqual(pixels)
  })

  const packed = gzipSync(images, { mtime: 0 })
  const edited = (bytes: Uint8Array, at: number, value: number) => bytes.with(at, value)
  test.each<[string, Uint8Array]>([
    ['train.idx: expected an IDX file, got an empty file', new Uint8Array()],
    ['train.idx: expected an IDX file, which begins with 0x00 0x00, got 0x89 0x50', Uint8Array.of(0x89, 0x50, 0x4e, 0x47)],
    ['train.idx: expected an IDX file, which begins with 0x00 0x00, got 0x00 0x01', Uint8Array.of(0, 1, 8, 1)],
    ['train.idx: expected an IDX file, which begins with 0x00 0x00, got nothing', gzipSync(new Uint8Array())],
    [
      'train.idx, type: expected one of 0x08 (ubyte), 0x09 (byte), 0x0b (short), 0x0c (int), 0x0d (float), 0x0e (double), got 0x0a',
      file(0x0a, [1], [1]),
    ],
    ['train.idx: expected 1 to 8 dimensions, got 0', file(8, [], [1])],
    ['train.idx: expected 1 to 8 dimensions, got 9', file(8, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1])],
    ['train.idx: expected a header of 4 bytes, got 3; is the file cut off?', images.subarray(0, 3)],
    ['train.idx: expected a header of 16 bytes, got 15; is the file cut off?', images.subarray(0, 15)],
    ['train.idx: expected 28 bytes for ubyte of shape [2,2,3], got 27', images.subarray(0, 27)],
    ['train.idx: expected 28 bytes for ubyte of shape [2,2,3], got 29', Uint8Array.of(...images, 0)],
    ['train.idx: expected 28 bytes for ubyte of shape [2,2,3], got 27', gzipSync(images.subarray(0, 27))],
    ['train.idx: expected 28 bytes for ubyte of shape [2,2,3], got more', gzipSync(Uint8Array.of(...images, 0))],
    ['train.idx, gzip: expected at least 18 bytes, got 2; is the file cut off?', packed.subarray(0, 2)],
    ['train.idx, gzip: expected at least 18 bytes, got 17; is the file cut off?', packed.subarray(0, 17)],
    ['train.idx, gzip: expected compression method 8, got 7', edited(packed, 2, 7)],
    ['train.idx, gzip: expected reserved flags of 0, got 128', edited(packed, 3, 128)],
    [
      'train.idx, gzip: expected whole DEFLATE data, got data that end too early; is the file cut off?',
      packed.subarray(0, packed.length - 9),
    ],
    ['train.idx, gzip: expected whole DEFLATE data, got data that break its rules; is the file damaged?', edited(packed, 10, 7)],
    ['train.idx, gzip: expected 27 bytes of content, got 28; is the file damaged?', edited(packed, packed.length - 4, 27)],
  ])('%s', (sentence, bytes) => {
    expect(sentenceOf(bytes)).toBe(sentence)
  })

  test('damage that DEFLATE does not see is seen by the check sum', () => {
    const stored = gzipSync(images, { level: 0, mtime: 0 })
    expect(sentenceOf(edited(stored, stored.length - 9, 0))).toMatch(
      /^train\.idx, gzip: expected content with CRC-32 0x[0-9a-f]{8}, got 0x[0-9a-f]{8}; /,
    )
    expect(sentenceOf(Uint8Array.of(...stored, ...gzipSync(Uint8Array.of(1))))).toMatch(/^train\.idx, gzip: expected content with CRC-32/) // a second member
  })

  test('a bomb costs no more than its header says, and a header no more than the limit', () => {
    const zeros = new Uint8Array(2_000_000)
    zeros.set(file(8, [10], []))
    const bomb = gzipSync(zeros) // 2 KB
    expect(sentenceOf(bomb)).toBe('train.idx: expected 18 bytes for ubyte of shape [10], got more')
    zeros.set(file(8, [1000, 1000], []))
    expect(sentenceOf(gzipSync(zeros), 999_999)).toBe('train.idx: expected at most 999999 bytes in gzip, got 1000012')
    const liar = gzipSync(file(8, [30_000, 30_000], [])) // 900 MB are said, and none are there or asked for
    expect(sentenceOf(liar)).toBe('train.idx: expected 900000012 bytes for ubyte of shape [30000,30000], got 12')
    const huge = file(
      14,
      Array.from({ length: 8 }, () => 2 ** 32 - 1),
      [],
    )
    expect(sentenceOf(huge)).toMatch(/^train\.idx: expected 9\.\d+e\+77 bytes for double/)
  })

  test('every cut of a file is refused, plain and in gzip', () => {
    for (const whole of [images, packed]) {
      for (let length = 0; length < whole.length; length += 1)
        expect(sentenceOf(whole.subarray(0, length))).toMatch(/^train\.idx.*expected/)
    }
  })

  test('any bytes end in an array or a refusal, and in nothing else', () => {
    const sources = [images, packed, gzipSync(images, { level: 0 })]
    const changed = fc
      .tuple(fc.constantFrom(...sources), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
      .map(([whole, edits]) => {
        const bytes = whole.slice()
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte
        return bytes
      })
    const noise = fc.uint8Array({ maxLength: 64 })
    const headed = fc
      .tuple(fc.constantFrom([0, 0], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]), noise)
      .map(([head, rest]) => Uint8Array.of(...head, ...rest))
    fc.assert(
      fc.property(fc.oneof(noise, headed, changed), (bytes) => {
        expect(typeof sentenceOf(bytes)).toBe('string') // it throws what is no refusal
      }),
      { numRuns: 1000 },
    )
  })
})

describe('pairLabels', () => {
  const items = readIdx(images, { name: 'images' })
  const labels = (...classes: number[]): Idx => readIdx(file(8, [classes.length], classes), { name: 'labels' })
  const refusalOf = (one: Idx, other: Idx) => {
    try {
      pairLabels(one, other)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return error.message
    }
    return 'no refusal'
  }

  test('joins items and their classes', () => {
    expect(pairLabels(items, labels(3, 9))).toEqual({ count: 2, shape: [2, 3], values: items.values, labels: Int32Array.of(3, 9) })
  })

  test('counts that differ are refused with both', () => {
    expect(refusalOf(items, labels(1, 2, 3))).toBe('labels: expected 2 labels, one for each item of images, got 3')
  })

  test('what are no items and no labels is refused', () => {
    const none = readIdx(file(8, [0, 2], []), { name: 'images' })
    const bytes = (type: number, shape: readonly number[], data: readonly number[]) => readIdx(file(type, shape, data), { name: 'labels' })
    expect(refusalOf(labels(1, 2), labels(1, 2))).toBe('labels: expected items of a shape, got single numbers')
    expect(refusalOf(items, items)).toBe('images: expected labels in one dimension, got shape [2,2,3]')
    expect(refusalOf(none, labels())).toBe('images: expected at least one item, got none')
    expect(refusalOf(items, bytes(9, [2], [1, 0xff]))).toBe('labels, label 1: expected a whole number ≥ 0, got -1')
    expect(refusalOf(items, bytes(13, [2], [0x3f, 0xc0, 0, 0, 0, 0, 0, 0]))).toBe('labels, label 0: expected a whole number ≥ 0, got 1.5')
    expect(refusalOf(items, bytes(13, [2], [0, 0, 0, 0, 0x7f, 0xc0, 0, 0]))).toBe('labels, label 1: expected a whole number ≥ 0, got NaN')
  })
})
