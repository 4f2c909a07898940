/**
 * Where every random number of a run comes from.
 *
 * The law: a number depends on (base seed, hash of the cell's level values, replicate, purpose, step) and on its place in that draw,
 * never on the index of a run, a level or a stack. So adding or removing a level or a seed changes no other run.
 * A key is 64 bits of SHA-256. For a million keys the chance that any two agree is 3e-8 (n² / 2⁶⁵).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { Refusal, quote } from '#core/contract/errors.ts'
import { requireWhole } from '#core/numerics/require.ts'

/** Two unsigned 32-bit words. */
export type Key = readonly [number, number]

/** What names a run's randomness; `cell` is the hexadecimal SHA-256 of the cell's level values. */
export interface RunSeed {
  readonly base: number
  readonly cell: string
  readonly replicate: number
}

/**
 * The key of a run: the first 8 bytes, big-endian, of the SHA-256 of the ASCII lines
 *
 *   kagami random 1 / base <decimal> / cell <64 hexadecimal digits> / replicate <decimal>
 *
 * with a line feed (0x0A) for each " / ". No field can hold a line feed, so that different seeds never give equal bytes.
 *
 * @param seed  base: a whole number of size < 2⁵³; cell: 64 lower-case hexadecimal digits; replicate: a whole number ≥ 0, < 2⁵³
 * Fails: 'invalid-input' if a field breaks its rule.
 * Source: ours; SHA-256 is FIPS 180-4.
 */
export function rootKey(seed: RunSeed): Key {
  requireWhole('rootKey: base', seed.base, Number.MIN_SAFE_INTEGER)
  requireWhole('rootKey: replicate', seed.replicate)
  if (!/^[0-9a-f]{64}$/.test(seed.cell)) {
    throw new Refusal('invalid-input', `rootKey: cell: expected 64 lower-case hexadecimal digits, got ${quote(seed.cell, 80)}`)
  }
  return keyOf(`kagami random 1\nbase ${seed.base}\ncell ${seed.cell}\nreplicate ${seed.replicate}`)
}

/**
 * The key of one purpose under another key: the first 8 bytes, big-endian, of the SHA-256 of the UTF-8 lines
 *
 *   kagami split 1 / <16 hexadecimal digits of the key> / <purpose>
 *
 * with a line feed for each " / ". The purpose comes last and the rest has a fixed length, so that it may hold anything.
 * Keys of different purposes are independent; a key that draws should not also be split for the same numbers.
 *
 * @param key      the key to split, two uint32
 * @param purpose  not empty, well-formed Unicode: 'start', 'batches', 'data'
 * Fails: 'invalid-input' if the purpose is empty or holds a lone surrogate, which UTF-8 cannot tell from others.
 */
export function split(key: Key, purpose: string): Key {
  if (purpose === '' || /\p{Surrogate}/u.test(purpose)) {
    throw new Refusal('invalid-input', `split: purpose: expected well-formed text that is not empty, got ${quote(purpose)}`)
  }
  return keyOf(`kagami split 1\n${hex(key[0])}${hex(key[1])}\n${purpose}`)
}

function keyOf(text: string): Key {
  const digest = sha256(utf8ToBytes(text))
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength)
  return [view.getUint32(0), view.getUint32(4)]
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
