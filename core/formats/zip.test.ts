import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { encodeUtf8 } from './utf8.ts'
import { isDeflated, readZip, readZipDirectory, writeZip, zipDataAt, zipDirectoryAt } from './zip.ts'

const name = 'm.zip'

function sentenceOf(bytes: Uint8Array): string {
  try {
    readZip(bytes, { name })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
  return 'no refusal'
}

/** Every place of `from` overwritten with `to`, of the same length: the local header and the directory agree. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const [old, fresh] = [encodeUtf8(from), encodeUtf8(to)]
  const out = bytes.slice()
  for (let at = 0; at + old.length <= out.length; at += 1) if (old.every((byte, i) => out[at + i] === byte)) out.set(fresh, at)
  return out
}

/** `value` written in `size` bytes, little-endian, at `at`. */
function patched(bytes: Uint8Array, at: number, [value, size]: readonly [number, 1 | 2 | 4]): Uint8Array {
  const out = bytes.slice()
  for (let byte = 0; byte < size; byte += 1) out[at + byte] = Math.floor(value / 256 ** byte) & 255
  return out
}

const content = encodeUtf8('to be, or not to be, to be, or not to be')
const stored = writeZip(new Map([['aaaa', content]])) // a local header of 34 bytes, 40 of content, a directory of 50, the end of 22
const directory = 74
const end = 124
const deflated = writeZip(new Map([['aaaa', content]]), { packing: 'deflated' })
const two = writeZip(new Map([['aaaa', content], ['bbbb', content]])) // prettier-ignore

describe('zip', () => {
  test('the layout that the tests below patch', () => {
    expect([stored.length, stored[directory], stored[end + 2]]).toEqual([end + 22, 0x50, 5])
  })

  test('any members survive writing and reading, with the same bytes each time', () => {
    const path = fc
      .stringMatching(/^[a-z重:. -]{1,6}(\/[a-z0-9]{1,3}){0,2}$/u)
      .filter((text) => !/(^|\/)\.{1,2}(\/|$)/.test(text) && !/^[a-z]:\//.test(text))
    const members = fc.array(fc.tuple(path, fc.uint8Array({ maxLength: 200 })), { maxLength: 5 }).map((list) => new Map(list))
    fc.assert(
      fc.property(members, fc.constantFrom('stored', 'deflated'), (contents, packing) => {
        const bytes = writeZip(contents, { packing })
        expect(writeZip(contents, { packing })).toEqual(bytes)
        expect(Object.fromEntries(readZip(bytes, { name }))).toEqual(Object.fromEntries(contents))
      }),
    )
  })

  test('a comment after the directory is allowed, other bytes are not', () => {
    const commented = Uint8Array.of(...patched(stored, end + 20, [3, 2]), 1, 2, 3)
    expect(readZip(commented, { name }).get('aaaa')).toEqual(content)
    expect(sentenceOf(Uint8Array.of(...stored, 0))).toBe(
      'm.zip: expected a zip file with its directory at the end, got none; is the file cut off?',
    )
    expect(sentenceOf(Uint8Array.of(0, ...stored))).toBe('m.zip: expected a directory that ends at byte 125, got 124')
  })

  test.each([
    ['../a', 'paths that do not climb'],
    ['a/..', 'paths that do not climb'],
    ['./aa', 'paths that do not climb'],
    ['/aaa', 'paths below the folder'],
    ['c:/a', 'paths below the folder'],
    ['aaa/', 'paths of files'],
    ['a//a', 'paths of files'],
    ['..\\a', 'paths without control characters and "\\"'],
    ['a\0aa', 'paths without control characters and "\\"'],
  ])('the path %j is refused', (path, rule) => {
    expect(sentenceOf(renamed(stored, 'aaaa', path))).toBe(`m.zip: expected ${rule}, got ${JSON.stringify(path)}`)
    expect(() => writeZip(new Map([[path, content]]))).toThrow(`bug: writeZip: expected ${rule}`)
  })

  test.each<[string, Uint8Array]>([
    ['m.zip: expected a zip file, got an empty file', new Uint8Array()],
    ['m.zip: expected a zip file with its directory at the end, got none; is the file cut off?', stored.subarray(0, -1)],
    ['m.zip: expected every path once, got "aaaa" twice', renamed(two, 'bbbb', 'aaaa')],
    ['m.zip: expected a zip file in one part, got several', patched(stored, end + 4, [1, 2])],
    ['m.zip: expected a directory that ends at byte 124, got 125', patched(stored, end + 12, [51, 4])],
    ['m.zip: expected a directory of 0 members in 50 bytes, got 0', patched(stored, end + 8, [0, 4])],
    ['m.zip: expected a directory entry at byte 124, got none', patched(stored, end + 8, [0x00020002, 4])],
    ['m.zip: expected a directory entry at byte 74, got none', patched(stored, directory, [0, 1])],
    ['m.zip: expected a directory entry of 55 bytes at byte 74, got 50', patched(stored, directory + 28, [9, 2])],
    ['m.zip: expected paths in UTF-8, got byte 255 in one', patched(stored, directory + 46, [255, 1])],
    ['m.zip, "aaaa": expected a member without a password, got an encrypted one', patched(stored, directory + 8, [1, 2])],
    ['m.zip, "aaaa": expected compression method 0 (stored) or 8 (deflated), got 12', patched(stored, directory + 10, [12, 2])],
    ['m.zip, "aaaa": expected a member below 4 GiB, got one of zip64', patched(stored, directory + 24, [0xffffffff, 4])],
    ['m.zip, "aaaa": expected 41 bytes, since it is stored, got 40', patched(stored, directory + 24, [41, 4])],
    ['m.zip, "aaaa": expected a local header at byte 1, got none', patched(stored, directory + 42, [1, 4])],
    ['m.zip, "aaaa": expected a local header that agrees with the directory, got another path or method', patched(stored, 30, [0x62, 1])],
    ['m.zip, "aaaa": expected 40 bytes of data, got 35', patched(stored, 28, [5, 2])],
    ['m.zip, "aaaa": expected content that fits its CRC-32, got other content; is the file damaged?', patched(stored, 40, [0, 1])],
    ['m.zip, "aaaa": expected 39 bytes, got more', patched(deflated, deflated.length - 22 - 50 + 24, [39, 4])],
    ['m.zip, "aaaa": expected 41 bytes, got 40', patched(deflated, deflated.length - 22 - 50 + 24, [41, 4])],
    ['m.zip, "aaaa": expected whole DEFLATE data, got data that break its rules; is the file damaged?', patched(deflated, 34, [7, 1])],
  ])('%s', (sentence, bytes) => {
    expect(sentenceOf(bytes)).toBe(sentence)
  })

  test('members that share their data are refused', () => {
    // The second entry's local header is the first's, under the first's name in the local header: the names disagree; so one name inside the
    // other's data, where a whole file was stored
    const inner = writeZip(new Map([['bbbb', content]]))
    const outer = writeZip(new Map([['aaaa', inner], ['bbbb', content]])) // prettier-ignore
    const entry = outer.length - 22 - 50 // of the second member
    expect(sentenceOf(patched(outer, entry + 42, [34, 4]))).toBe(
      `m.zip, "bbbb": expected a place from byte ${34 + inner.length} on, got 34`,
    )
  })

  test('members larger than the limit together are refused', () => {
    expect(() => readZip(two, { name, limit: 79 })).toThrow('m.zip: expected members of at most 79 bytes together, got 80')
    expect(readZip(two, { name, limit: 80 }).size).toBe(2)
  })

  test('any bytes end in members or a refusal, and in nothing else', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
    fc.assert(
      fc.property(fc.constantFrom(stored, deflated, two), edits, fc.nat(), (whole, changes, cut) => {
        const bytes = whole.slice()
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        expect(typeof sentenceOf(bytes)).toBe('string') // it throws what is no refusal
        expect(typeof sentenceOf(bytes.subarray(0, cut % (bytes.length + 1)))).toBe('string')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a file too large to be held, by its parts', () => {
  const file = new Uint8Array(zipSync({ 'a/': new Uint8Array(0), 'a/b': content, c: [content, { level: 0 }] }))
  const tail = file.subarray(-100)
  const from = zipDirectoryAt(tail, { name, size: file.length })
  const members = readZipDirectory(file.subarray(from), { name, from })

  test('its directory lists the files with the places of their data, and no folders', () => {
    expect(members.map(({ path, size }) => [path, size])).toEqual([['a/b', content.length], ['c', content.length]]) // prettier-ignore
    expect(members.map(isDeflated)).toEqual([true, false])
    const [, last] = members
    if (last === undefined) throw new Error('two members were written')
    const at = zipDataAt(file.subarray(last.at, last.at + 30), last, name)
    expect(file.subarray(at, at + last.packed)).toEqual(content)
  })

  test.each([
    ['nothing', () => zipDirectoryAt(new Uint8Array(0), { name, size: 0 }), 'm.zip: expected a zip file, got an empty file'],
    ['a text', () => zipDirectoryAt(content, { name, size: content.length }), 'with its directory at the end, got none'],
    ['another place of the directory', () => readZipDirectory(file.subarray(from), { name, from: from + 1 }), 'expected a directory that ends at byte'],
    ['no local header', () => zipDataAt(content, { path: 'c', method: 0, crc: 0, packed: 0, size: 0, at: 7 }, name), 'm.zip, "c": expected a local header at byte 7, got none'],
  ] as const)('%s is refused', (_, read, sentence) => expect(read).toThrow(sentence)) // prettier-ignore
})
