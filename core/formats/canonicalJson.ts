/**
 * The one text of a JSON value, and its hash: what a study's name, a seed's key and a file's identity are made from. Two values that are
 * equal as JSON have the same bytes here, in any program that follows the RFC.
 *
 * Source: RFC 8785 (JSON Canonicalization Scheme): no space, names sorted by UTF-16 code units, numbers as ECMAScript writes them, −0 as 0.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { assert, quote } from '#core/contract/errors.ts'
import { encodeUtf8, isWellFormed } from './utf8.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * Canonical text of `value`.
 *
 * Fails: a bug's sentence, with the place, for what JSON cannot hold: NaN, ±∞, undefined, functions, instances of classes, lone surrogates.
 */
export function canonicalJson(value: Json): string {
  return write(value, '$')
}

/** SHA-256 of bytes, or of text as UTF-8, in 64 lower-case hexadecimal digits. */
export function sha256Hex(text: string | Uint8Array): string {
  return bytesToHex(sha256(typeof text === 'string' ? encodeUtf8(text) : text))
}

function write(value: unknown, place: string): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeNumber(value, place)
  if (typeof value === 'string') return writeString(value, place)
  if (Array.isArray(value)) return `[${Array.from(value, (item, index) => write(item, `${place}[${index}]`)).join(',')}]`
  assert(isPlainObject(value), `canonicalJson: expected JSON at ${place}, got ${quote(value)}`)
  const names = Object.keys(value).sort() // the default order of sort is that of UTF-16 code units
  return `{${names.map((name) => `${writeString(name, place)}:${write(value[name], `${place}.${name}`)}`).join(',')}}`
}

function writeNumber(value: number, place: string): string {
  assert(Number.isFinite(value), `canonicalJson: expected a finite number at ${place}, got ${value}`)
  return String(value) // −0 becomes "0"
}

function writeString(value: string, place: string): string {
  assert(isWellFormed(value), `canonicalJson: expected text without a lone surrogate at ${place}, got ${quote(value)}`)
  return JSON.stringify(value)
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
