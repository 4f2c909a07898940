import fc from 'fast-check'
import { deflateSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { crc32, inflate, inflateStart } from './deflate.ts'
import { encodeUtf8 } from './utf8.ts'

const place = 'file'

describe('inflate', () => {
  test('any bytes come back, and only as many as were asked for', () => {
    const level = fc.constantFrom<0 | 1 | 6>(0, 1, 6)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), level, fc.nat(300), (bytes, pressure, size) => {
        const deflated = deflateSync(bytes, { level: pressure })
        expect(inflate(deflated, { size: bytes.length, place })).toEqual({ bytes, hasMore: false })
        expect(inflate(deflated, { size: bytes.length + 1, place })).toEqual({ bytes, hasMore: false })
        expect(inflate(deflated, { size, place })).toEqual({ bytes: bytes.slice(0, size), hasMore: size < bytes.length })
        expect(inflateStart(deflated, { count: size, place })).toEqual(bytes.slice(0, size))
      }),
    )
  })

  test('the start is read without the rest', () => {
    let state = 1 // linear congruential (Park and Miller), four bits of it, so that it deflates to half
    const noise = Uint8Array.from({ length: 20_000 }, () => (state = (state * 16_807) % 2_147_483_647) & 15)
    const deflated = deflateSync(noise, { level: 1 })
    expect(deflated.length).toBeGreaterThan(4096)
    expect(inflateStart(deflated.subarray(0, 4096), { count: 36, place })).toEqual(noise.slice(0, 36))
  })

  test('no data are none', () => {
    expect(inflate(new Uint8Array(), { size: 5, place })).toEqual({ bytes: new Uint8Array(), hasMore: false })
  })

  test('the memory for a size that the data cannot give is not taken', () => {
    expect(inflate(deflateSync(Uint8Array.of(1, 2)), { size: 2 ** 50, place }).bytes).toEqual(Uint8Array.of(1, 2))
  })

  test('DEFLATE’s densest data fit the bound', () => {
    const zeros = new Uint8Array(1_000_000)
    const { bytes, hasMore } = inflate(deflateSync(zeros, { level: 9 }), { size: zeros.length, place })
    expect([bytes.length, hasMore]).toEqual([zeros.length, false])
  })
})

test('crc32 has the check value of its catalogue entry', () => {
  // Origin: G. Cook, "Catalogue of parametrised CRC algorithms", CRC-32/ISO-HDLC: check=0xcbf43926
  expect(crc32(encodeUtf8('123456789'))).toBe(0xcbf43926)
  expect(crc32(new Uint8Array())).toBe(0)
})
