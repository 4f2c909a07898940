import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { countOf, float32FromBfloat16, float32FromHalf, littleEndianBytes, type NumberKind, numbersFrom, toFloat64 } from './numbers.ts'

describe('numbersFrom', () => {
  test('either byte order agrees with DataView’s, for every kind', () => {
    const kinds: readonly (readonly [NumberKind, (view: DataView, isLittle: boolean) => number | bigint])[] = [
      ['i1', (view) => view.getInt8(0)],
      ['i2', (view, isLittle) => view.getInt16(0, isLittle)],
      ['i4', (view, isLittle) => view.getInt32(0, isLittle)],
      ['i8', (view, isLittle) => view.getBigInt64(0, isLittle)],
      ['u1', (view) => view.getUint8(0)],
      ['u2', (view, isLittle) => view.getUint16(0, isLittle)],
      ['u4', (view, isLittle) => view.getUint32(0, isLittle)],
      ['u8', (view, isLittle) => view.getBigUint64(0, isLittle)],
      ['f4', (view, isLittle) => view.getFloat32(0, isLittle)],
      ['f8', (view, isLittle) => view.getFloat64(0, isLittle)],
    ]
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ minLength: 8, maxLength: 8 }), ([kind, read], noise) => {
        const bytes = noise.subarray(0, Number(kind[1]))
        const view = new DataView(bytes.buffer, 0, bytes.length)
        expect(numbersFrom(bytes, kind, 'little')[0]).toEqual(read(view, true))
        expect(numbersFrom(bytes, kind, 'big')[0]).toEqual(read(view, false))
        if (!Number.isNaN(read(view, true))) expect(littleEndianBytes(numbersFrom(bytes, kind, 'little'))).toEqual(bytes)
      }),
    )
  })

  test('bytes stay as they were, none give none, and part of a number is a bug', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4)
    numbersFrom(bytes, 'u4', 'big')
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3, 4))
    expect(numbersFrom(new Uint8Array(), 'f8', 'big')).toHaveLength(0)
    expect(() => numbersFrom(bytes.subarray(1), 'u2', 'big')).toThrow('bug: numbersFrom: expected a multiple of 2 bytes, got 3')
  })
})

describe('half precision', () => {
  test.each([
    // Origin: IEEE 754-2019, table 3.5 and section 3.4: one, the smallest subnormal and normal, the largest, 1/3 to eleven bits
    [0x3c00, 1],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7bff, 65504],
    [0x3555, 0.333251953125],
    [0xc000, -2],
    [0x8000, -0],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
    [0xfc01, NaN],
  ])('%i is %f', (bits, value) => {
    expect(float32FromHalf(Uint16Array.of(bits))[0]).toBe(value)
  })

  test('neighbours are one unit in the last place apart, over all finite numbers, and signs mirror', () => {
    const all = float32FromHalf(Uint16Array.from({ length: 65_536 }, (_, bits) => bits))
    let wrong = 0
    for (let bits = 0; bits < 0x7bff; bits += 1) {
      const unit = 2 ** (Math.max(1, bits >> 10) - 25)
      if ((all[bits + 1] ?? 0) - (all[bits] ?? 0) !== unit || all[bits + 0x8000] !== -(all[bits] ?? 0)) wrong += 1
    }
    expect(wrong).toBe(0)
  })

  test('bfloat16 is a float32 whose lower half is 0', () => {
    const bits = Uint16Array.of(0x3f80, 0x4049, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0x0001)
    expect(float32FromBfloat16(bits)).toEqual(Float32Array.of(1, 3.140625, -0, Infinity, -Infinity, NaN, 2 ** -133))
  })
})

describe('toFloat64', () => {
  test('is exact for every kind, and float64 is not copied', () => {
    const wide = Float64Array.of(0.1, NaN)
    expect(toFloat64(wide, 'w')).toBe(wide)
    expect(toFloat64(Float32Array.of(0.1, -0, Infinity), 'w')).toEqual(Float64Array.of(Math.fround(0.1), -0, Infinity))
    expect(toFloat64(Uint8Array.of(255), 'w')).toEqual(Float64Array.of(255))
    expect(toFloat64(BigInt64Array.of(-(2n ** 63n), 2n ** 53n), 'w')).toEqual(Float64Array.of(-(2 ** 63), 2 ** 53))
    expect(toFloat64(new BigUint64Array(), 'w')).toHaveLength(0)
  })

  test('a whole number between two float64 numbers is refused', () => {
    const widen = () => toFloat64(BigUint64Array.of(5n, 2n ** 53n + 1n), 'w.npy')
    expect(widen).toThrow(Refusal)
    expect(widen).toThrow('w.npy, value 1: expected a whole number that float64 holds exactly, got 9007199254740993')
  })
})

test('countOf multiplies sizes; no size is one number, and a 0 is none beside any others', () => {
  expect([[], [7], [2, 3, 4], [2, 0, 3], Array.from({ length: 30 }, () => 2 ** 50).concat(0)].map(countOf)).toEqual([1, 7, 24, 0, 0])
})
