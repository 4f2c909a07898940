/**
 * Philox4x32-10: a keyed bijection of 128-bit counters whose outputs pass for independent uniform bits. It has no state: block
 * 10⁹ costs as much as block 0, so that a resumed run draws what an unbroken one would have drawn. It is not a cipher.
 */

/** A counter is four unsigned 32-bit words, lowest first; a key is two. */
export type Counter = readonly [number, number, number, number]

const multiplier0 = 0xd2511f53
const multiplier1 = 0xcd9e8d57
const weyl0 = 0x9e3779b9 // 2³² · (golden ratio − 1)
const weyl1 = 0xbb67ae85 // 2³² · (√3 − 1)
const rounds = 10

/**
 * Four random words from a counter and a key.
 *
 *   (c₀, c₁, c₂, c₃) ← (hi(M₁c₂) ⊕ c₁ ⊕ k₀, lo(M₁c₂), hi(M₀c₀) ⊕ c₃ ⊕ k₁, lo(M₀c₀)), ten times; k ← k + (W₀, W₁) mod 2³² between
 *
 * @param counter  four uint32
 * @param key      two uint32
 * @param out      [4], uint32; overwritten
 * Accuracy: exact integers. Words outside uint32 are taken modulo 2³².
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11; constants and known answers of Random123.
 */
export function philox4x32(counter: Counter, key: readonly [number, number], out: Uint32Array): void {
  let c0 = counter[0] >>> 0
  let c1 = counter[1] >>> 0
  let c2 = counter[2] >>> 0
  let c3 = counter[3] >>> 0
  let k0 = key[0] >>> 0
  let k1 = key[1] >>> 0
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0)
    const high1 = multiplyHigh(multiplier1, c2)
    const low0 = Math.imul(multiplier0, c0) >>> 0 // the low 32 bits of the product, exact by the definition of imul
    const low1 = Math.imul(multiplier1, c2) >>> 0
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + weyl0) >>> 0
    k1 = (k1 + weyl1) >>> 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/** The high 32 bits of a · b. A double cannot hold 64 bits, so the product is built from halves; each sum here stays below 2³². */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const carry = aHigh * bLow + ((aLow * bLow) >>> 16) // ≤ (2¹⁶ − 1)² + 2¹⁶ − 1 < 2³²
  const middle = aLow * bHigh + (carry & 0xffff)
  return aHigh * bHigh + (carry >>> 16) + (middle >>> 16)
}
