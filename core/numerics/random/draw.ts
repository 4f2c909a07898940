/**
 * Uniform and normal numbers and permutations from a key. A draw is a function of (key, step): no generator, no state, no order.
 *
 * Counter layout, four uint32: block index low, block index high, step low, step high. Each block gives four words w₀ … w₃. All draws
 * of one key read the same words: give each purpose its own key (`split`).
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { below } from './below.ts'
import type { Key } from './key.ts'
import { philox4x32 } from './philox.ts'

const wordSpan = 2 ** 32
const largestPermutation = 2 ** 31 - 1 // indices must fit an Int32Array

/**
 * Independent uniform numbers on the multiples of 2⁻⁵³ in [0, 1).
 *
 *   u = (⌊w / 2⁵⌋ · 2²⁶ + ⌊w′ / 2⁶⌋) · 2⁻⁵³,   number i from words (2i mod 4, 2i mod 4 + 1) of block ⌊i / 2⌋
 *
 * @param key    of one purpose
 * @param count  whole, 0 ≤ count < 2⁵³ (memory ends earlier)
 * @param step   whole, 0 ≤ step < 2⁵³; another step is an independent draw
 * @returns      [count], float64; the first n of a longer draw are the draw of n
 * Fails: 'invalid-input' if count or step is no such number.
 * Source: the 53-bit conversion is genrand_res53 of Matsumoto and Nishimura's Mersenne Twister (2002).
 */
export function drawUniform(key: Key, count: number, step = 0): Float64Array {
  requireWhole('drawUniform: count', count)
  requireWhole('drawUniform: step', step)
  const words = new Uint32Array(4)
  const out = new Float64Array(count)
  for (let i = 0; i < count; i += 2) {
    fillBlock(key, { block: i / 2, step }, words)
    out[i] = fraction(words, 0)
    if (i + 1 < count) out[i + 1] = fraction(words, 2)
  }
  return out
}

/**
 * Independent standard normal numbers.
 *
 *   (z, z′) = √(−2 ln(1 − u)) · (cos 2πu′, sin 2πu′),   a pair from the two uniforms (u, u′) of a block
 *
 * 1 − u lies in (0, 1], so the logarithm is finite, and |z| ≤ √(106 ln 2) < 8.58: the tail beyond has probability 1e-17.
 *
 * @param key    of one purpose
 * @param count  whole, 0 ≤ count < 2⁵³ (memory ends earlier)
 * @param step   whole, 0 ≤ step < 2⁵³; another step is an independent draw
 * @returns      [count], float64; the first n of a longer draw are the draw of n
 * Accuracy: a few 2⁻⁵³ relative to the radius. Equal bytes need equal `Math.log`, `cos`, `sin`, `sqrt`: V8 brings its own, the same everywhere.
 * Fails: 'invalid-input' if count or step is no such number.
 * Source: Box and Muller, "A note on the generation of random normal deviates", 1958.
 */
export function drawNormal(key: Key, count: number, step = 0): Float64Array {
  requireWhole('drawNormal: count', count)
  requireWhole('drawNormal: step', step)
  const words = new Uint32Array(4)
  const out = new Float64Array(count)
  for (let i = 0; i < count; i += 2) {
    fillBlock(key, { block: i / 2, step }, words)
    const radius = Math.sqrt(-2 * Math.log(1 - fraction(words, 0)))
    const angle = 2 * Math.PI * fraction(words, 2)
    out[i] = radius * Math.cos(angle)
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle)
  }
  return out
}

/**
 * A uniformly random order of 0 … n − 1: Fisher–Yates from the end, i = n − 1 … 1, exchanging i with j uniform on 0 … i.
 *
 * The words of the step are used in order; `below` makes each j from them without bias, throwing some away.
 *
 * @param key   of one purpose
 * @param n     whole, 0 ≤ n < 2³¹
 * @param step  whole, 0 ≤ step < 2⁵³; another step is an independent permutation
 * @returns     [n], int32; there is no prefix law: permutations of other n are unrelated
 * Fails: 'invalid-input' if n or step is no such number.
 * Source: Durstenfeld, Algorithm 235 (random permutation), Communications of the ACM 7, 1964.
 */
export function permutation(key: Key, n: number, step = 0): Int32Array {
  requireWhole('permutation: n', n)
  requireWhole('permutation: step', step)
  if (n > largestPermutation) throw new Refusal('invalid-input', `permutation: n: expected at most ${largestPermutation}, got ${n}`)
  const order = Int32Array.from({ length: n }, (_, i) => i)
  const nextWord = wordStream(key, step)
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1, nextWord)
    const kept = order[i] ?? 0 // 0 ≤ j ≤ i < n: the zeros are never taken
    order[i] = order[j] ?? 0
    order[j] = kept
  }
  return order
}

/** Fills `out` with one block of words; block and step are whole numbers below 2⁵³, each laid out as two words, low first. */
export function fillBlock(key: Key, place: { readonly block: number; readonly step: number }, out: Uint32Array): void {
  const { block, step } = place
  philox4x32([block >>> 0, Math.floor(block / wordSpan), step >>> 0, Math.floor(step / wordSpan)], key, out)
}

/** A multiple of 2⁻⁵³ in [0, 1) from words `at` and `at + 1`. */
function fraction(words: Uint32Array, at: 0 | 2): number {
  const high = (words[at] ?? 0) >>> 5 // 27 bits; both indices lie in the block
  const low = (words[at + 1] ?? 0) >>> 6 // 26 bits
  return (high * 0x4000000 + low) * 2 ** -53
}

/** The words of a step one after another, block by block. */
function wordStream(key: Key, step: number): () => number {
  const words = new Uint32Array(4)
  let position = 0
  return () => {
    if (position % 4 === 0) fillBlock(key, { block: position / 4, step }, words)
    const word = words[position % 4] ?? Number.NaN
    position += 1
    return word
  }
}
