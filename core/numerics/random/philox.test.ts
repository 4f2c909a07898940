import { describe, expect, test } from 'vitest'
import { philox4x32 } from './philox.ts'
import type { Counter } from './philox.ts'

const ones = 0xffffffff

describe('philox4x32', () => {
  // kat_vectors of Random123: philox4x32, 10 rounds.
  const known: readonly { counter: Counter; key: readonly [number, number]; words: readonly number[] }[] = [
    { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    { counter: [ones, ones, ones, ones], key: [ones, ones], words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ]

  test.each(known)('gives the published answer for counter $counter', ({ counter, key, words }) => {
    const out = new Uint32Array(4)
    philox4x32(counter, key, out)
    expect([...out]).toEqual(words)
  })

  test('agrees with the same formula in whole-number arithmetic of any length', () => {
    const out = new Uint32Array(4)
    for (let i = 0; i < 500; i++) {
      const counter: Counter = [(i * 0x9e3779b1) >>> 0, (i * 0x85ebca77) >>> 0, (i * 0xc2b2ae3d) >>> 0, ones - i]
      const key = [(i * 0x27d4eb2f) >>> 0, (ones - 7 * i) >>> 0] as const
      philox4x32(counter, key, out)
      expect([...out]).toEqual(philoxOfBigInts(counter, key))
    }
  })
})

function philoxOfBigInts(counter: Counter, key: readonly [number, number]): number[] {
  const mask = 0xffffffffn
  let [c0, c1, c2, c3] = [BigInt(counter[0]), BigInt(counter[1]), BigInt(counter[2]), BigInt(counter[3])]
  let [k0, k1] = [BigInt(key[0]), BigInt(key[1])]
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0
    const product1 = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask]
    k0 = (k0 + 0x9e3779b9n) & mask
    k1 = (k1 + 0xbb67ae85n) & mask
  }
  return [c0, c1, c2, c3].map(Number)
}
