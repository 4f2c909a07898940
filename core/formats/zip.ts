/**
 * The members of a zip file, stored or deflated. The central directory says what there is, and every local header must agree with it: files
 * that two programs would read differently are refused, and so are encryption, several disks and zip64 sizes. Written by fflate, with a
 * fixed date, so that the same members give the same bytes.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.4. Overlapping members: D. Fifield, "A better zip bomb", WOOT 2019.
 */
import { zipSync } from 'fflate'
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { INFLATED_LIMIT, crc32, inflate } from './deflate.ts'
import { decodeUtf8, invalidUtf8At } from './utf8.ts'

/** `name` stands in the sentences; all members together may have `limit` bytes. */
export type ZipOptions = { readonly name: string; readonly limit?: number }

export type ZipMember = {
  readonly path: string
  readonly method: number
  readonly crc: number
  readonly packed: number // bytes in the file
  readonly size: number // bytes unpacked
  readonly at: number // its local header
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const END_BYTES = 22
const COMMENT_LIMIT = 65_535
const SLASH = 0x2f
const noDirectory = 'expected a zip file with its directory at the end'
const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1 // flag
const IN_ZIP64 = 0xffffffff // the size stands in an extra field
const LARGEST_SIZE = 2 ** 32 - 2

/**
 * Each member's content by its path, in the order of the directory; nothing is unpacked before every member has been judged.
 *
 * Cost: memory of the members' sizes, `limit` at most.
 * Fails: 'invalid-input' for what is no zip file or a damaged one, a path that is given twice, leaves the folder or is a folder, members that
 * overlap or that unpack to more than they say or than `limit`.
 */
export function readZip(bytes: Uint8Array, { name, limit = INFLATED_LIMIT }: ZipOptions): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const { members, start } = readDirectory(bytes, { name, from: 0, areFoldersListed: false })
  const total = members.reduce((sum, { size }) => sum + size, 0)
  if (total > limit) throw refusal(name, `expected members of at most ${limit} bytes together`, String(total))
  const contents = placed(bytes, { members, start, name })
  return new Map(contents.map(({ member, data }) => [member.path, unpack(data, member, name)]))
}

/**
 * Where the directory of a file of `size` bytes begins, told by its last bytes: all of it, or 65,557. For files that are too large to be held.
 *
 * Fails: 'invalid-input' for what is no zip file.
 */
export function zipDirectoryAt(tail: Uint8Array, { name, size }: { readonly name: string; readonly size: number }): number {
  if (size === 0) throw refusal(name, 'expected a zip file', 'an empty file')
  const end = endRecordAt(viewOf(tail))
  if (end < 0) throw refusal(name, noDirectory, 'none; is the file cut off?')
  const start = viewOf(tail).getUint32(end + 16, true)
  const last = size - tail.length + end
  if (start > last) throw refusal(name, `expected a directory before byte ${last}`, String(start))
  return start
}

/**
 * The members of a file whose bytes from `from` on, where its directory begins, are given. Folders, which have no content, are left out.
 *
 * Fails: 'invalid-input' as `readZip` does, for everything that a directory says.
 */
export function readZipDirectory(
  bytes: Uint8Array,
  { name, from }: { readonly name: string; readonly from: number },
): readonly ZipMember[] {
  return readDirectory(bytes, { name, from, areFoldersListed: true }).members
}

/** Where a member's data begins, told by the 30 bytes of its local header. Fails: 'invalid-input' where no such header stands. */
export function zipDataAt(header: Uint8Array, { at, path }: ZipMember, name: string): number {
  if (header.length < LOCAL_BYTES || viewOf(header).getUint32(0, true) !== LOCAL)
    throw refusal(`${name}, ${quote(path)}`, `expected a local header at byte ${at}`, 'none')
  return at + LOCAL_BYTES + viewOf(header).getUint16(26, true) + viewOf(header).getUint16(28, true)
}

/** Whether the data of a member are deflated; stored as they are otherwise. */
export function isDeflated({ method }: ZipMember): boolean {
  return method === DEFLATED
}

/** A zip file of these members, stored or deflated. Together they must stay below 4 GiB, and their paths must differ: else it is a bug. */
export function writeZip(
  members: ReadonlyMap<string, Uint8Array>,
  { packing = 'stored' }: { readonly packing?: 'stored' | 'deflated' } = {},
): Uint8Array<ArrayBuffer> {
  const total = [...members.values()].reduce((sum, { length }) => sum + length, 0)
  assert(total <= LARGEST_SIZE, `writeZip: expected less than 4 GiB, got ${total} bytes`)
  for (const path of members.keys()) {
    const problem = path === '__proto__' ? 'another path' : pathProblem(path) // fflate keeps members in a plain object
    assert(problem === undefined, `writeZip: expected ${problem}, got ${quote(path)}`)
  }
  return zipSync(Object.fromEntries(members), { level: packing === 'stored' ? 0 : 6, mtime: '1980-01-01T00:00:00' }) // zip knows no earlier time
}

type DirectoryOptions = {
  readonly name: string
  readonly from: number // the place in the file of the first byte that is given
  readonly areFoldersListed: boolean // else a folder is refused
}

function readDirectory(
  bytes: Uint8Array,
  { name, from, areFoldersListed }: DirectoryOptions,
): { members: readonly ZipMember[]; start: number } {
  if (bytes.length === 0) throw refusal(name, 'expected a zip file', 'an empty file')
  const view = viewOf(bytes)
  const end = endRecordAt(view)
  if (end < 0) throw refusal(name, noDirectory, 'none; is the file cut off?')
  const [disk, firstDisk, here, count] = [4, 6, 8, 10].map((offset) => view.getUint16(end + offset, true))
  if (disk !== 0 || firstDisk !== 0 || here !== count) throw refusal(name, 'expected a zip file in one part', 'several')
  const length = view.getUint32(end + 12, true)
  const start = view.getUint32(end + 16, true)
  if (start + length !== end + from) throw refusal(name, `expected a directory that ends at byte ${end + from}`, String(start + length))
  const members: ZipMember[] = []
  const paths = new Set<string>()
  let at = start - from
  for (let index = 0; index < (count ?? 0); index += 1) {
    const { member, next } = readCentral(bytes, { at, end, name, areFoldersListed })
    at = next
    if (member === null) continue
    if (paths.has(member.path)) throw refusal(name, 'expected every path once', `${quote(member.path)} twice`)
    paths.add(member.path)
    members.push(member)
  }
  if (at !== end) throw refusal(name, `expected a directory of ${count} members in ${length} bytes`, String(at + from - start))
  return { members, start }
}

/** Where the record stands whose comment ends with the file; −1 if there is none. */
function endRecordAt(view: DataView): number {
  const last = view.byteLength - END_BYTES
  for (let at = last; at >= Math.max(0, last - COMMENT_LIMIT); at -= 1) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at
  }
  return -1
}

function readCentral(
  bytes: Uint8Array,
  { at, end, name, areFoldersListed }: { at: number; end: number; name: string; areFoldersListed: boolean },
): { readonly member: ZipMember | null; readonly next: number } {
  const view = viewOf(bytes)
  if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL)
    throw refusal(name, `expected a directory entry at byte ${at}`, 'none')
  const [nameLength = 0, extraLength = 0, commentLength = 0] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true))
  const next = at + CENTRAL_BYTES + nameLength + extraLength + commentLength
  if (next > end) throw refusal(name, `expected a directory entry of ${next - at} bytes at byte ${at}`, String(end - at))
  const written = bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength)
  if (areFoldersListed && written.at(-1) === SLASH) return { member: null, next }
  const path = readPath(written, name)
  const place = `${name}, ${quote(path)}`
  if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) throw refusal(place, 'expected a member without a password', 'an encrypted one')
  const method = view.getUint16(at + 10, true)
  if (method !== STORED && method !== DEFLATED) {
    throw refusal(place, 'expected compression method 0 (stored) or 8 (deflated)', String(method))
  }
  const [crc = 0, packed = 0, size = 0] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true))
  const localAt = view.getUint32(at + 42, true)
  if ([packed, size, localAt].includes(IN_ZIP64)) throw refusal(place, 'expected a member below 4 GiB', 'one of zip64')
  if (method === STORED && packed !== size) throw refusal(place, `expected ${size} bytes, since it is stored`, String(packed))
  return { member: { path, method, crc, packed, size, at: localAt }, next }
}

function readPath(bytes: Uint8Array, name: string): string {
  const bad = invalidUtf8At(bytes)
  if (bad >= 0) throw refusal(name, 'expected paths in UTF-8', `byte ${bytes[bad]} in one`)
  const path = decodeUtf8(bytes)
  const rule = pathProblem(path)
  if (rule !== undefined) throw refusal(name, `expected ${rule}`, quote(path))
  return path
}

/** What is expected of a path that is refused. */
function pathProblem(path: string): string | undefined {
  if (/[\p{Cc}\\]/u.test(path)) return 'paths without control characters and "\\"'
  if (path.startsWith('/') || /^[a-z]:\//iu.test(path)) return 'paths below the folder'
  const parts = path.split('/')
  if (parts.includes('..') || parts.includes('.')) return 'paths that do not climb'
  return parts.includes('') ? 'paths of files' : undefined
}

/** The packed data of each member; their places in the file must not overlap. */
function placed(
  bytes: Uint8Array,
  { members, start, name }: { members: readonly ZipMember[]; start: number; name: string },
): readonly { readonly member: ZipMember; readonly data: Uint8Array }[] {
  const ends = new Map<ZipMember, number>()
  const contents = members.map((member) => {
    const dataAt = localDataAt(bytes, { member, start, name })
    ends.set(member, dataAt + member.packed)
    return { member, data: bytes.subarray(dataAt, dataAt + member.packed) }
  })
  let end = 0
  for (const member of [...members].sort((a, b) => a.at - b.at)) {
    if (member.at < end) throw refusal(`${name}, ${quote(member.path)}`, `expected a place from byte ${end} on`, String(member.at))
    end = ends.get(member) ?? end
  }
  return contents
}

function localDataAt(bytes: Uint8Array, { member, start, name }: { member: ZipMember; start: number; name: string }): number {
  const { at, path, packed, method } = member
  const place = `${name}, ${quote(path)}`
  const view = viewOf(bytes)
  if (at + LOCAL_BYTES > start || view.getUint32(at, true) !== LOCAL) throw refusal(place, `expected a local header at byte ${at}`, 'none')
  const nameLength = view.getUint16(at + 26, true)
  const dataAt = at + LOCAL_BYTES + nameLength + view.getUint16(at + 28, true)
  if (dataAt + packed > start) throw refusal(place, `expected ${packed} bytes of data`, String(Math.max(0, start - dataAt)))
  const written = bytes.subarray(at + LOCAL_BYTES, at + LOCAL_BYTES + nameLength)
  const isSame = invalidUtf8At(written) < 0 && decodeUtf8(written) === path && view.getUint16(at + 8, true) === method
  if (!isSame) throw refusal(place, 'expected a local header that agrees with the directory', 'another path or method')
  return dataAt
}

function unpack(data: Uint8Array, { method, size, crc, path }: ZipMember, name: string): Uint8Array<ArrayBuffer> {
  const place = `${name}, ${quote(path)}`
  const { bytes, hasMore } = method === STORED ? { bytes: new Uint8Array(data), hasMore: false } : inflate(data, { size, place })
  if (hasMore || bytes.length !== size) throw refusal(place, `expected ${size} bytes`, hasMore ? 'more' : String(bytes.length))
  if (crc32(bytes) !== crc) throw refusal(place, 'expected content that fits its CRC-32', 'other content; is the file damaged?')
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function refusal(place: string, rule: string, got: string): Refusal {
  return new Refusal('invalid-input', `${place}: ${rule}, got ${got}`)
}
