/**
 * A wheel on disk: what it says of itself, and the members that an installation needs, unpacked one after another without holding the file or a member.
 * Every member is compared with the hash that the wheel's own RECORD names.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw, inflateRawSync } from 'node:zlib'
import { Refusal, quote } from '#core/contract/errors.ts'
import { isDeflated, readZipDirectory, zipDataAt, zipDirectoryAt, type ZipMember } from '#core/formats/zip.ts'

export type Wheel = {
  readonly path: string
  readonly project: string
  readonly version: string
  readonly platforms: readonly string[] // of its tags
  readonly metadata: string
  readonly members: readonly ZipMember[]
  readonly hashes: ReadonlyMap<string, string> // SHA-256 in base64url by path, of RECORD
}

const endBytes = 65_557 // the record at the end with its longest comment
const textLimit = 64e6 // RECORD has 1.7 MB

/** Opens a wheel. `name` stands in sentences. Fails: 'invalid-input' for what is no wheel. */
export async function openWheel(path: string, name: string): Promise<Wheel> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const read = async (from: number, length: number) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - from)))
      await file.read(bytes, 0, bytes.length, from)
      return bytes
    }
    const tailAt = Math.max(0, size - endBytes)
    const from = zipDirectoryAt(await read(tailAt, endBytes), { name, size })
    const members = readZipDirectory(await read(from, size - from), { name, from })
    const textOf = async (ending: string) => {
      const member = members.find(({ path: inside }) => new RegExp(`^[^/]+\\.dist-info/${ending}$`).test(inside))
      if (member === undefined || member.size > textLimit)
        throw new Refusal('invalid-input', `${name}: expected a wheel with ${ending}, got none`)
      const data = await read(zipDataAt(await read(member.at, 30), member, name), member.packed)
      return new TextDecoder().decode(isDeflated(member) ? inflateRawSync(data, { maxOutputLength: textLimit }) : data)
    }
    const [metadata, tags, record] = [await textOf('METADATA'), await textOf('WHEEL'), await textOf('RECORD')]
    return {
      path,
      project: fieldOf(metadata, 'Name'),
      version: fieldOf(metadata, 'Version'),
      platforms: [...tags.matchAll(/^Tag: [^-\s]+-[^-\s]+-(\S+)/gm)].map(([, platform = '']) => platform),
      metadata,
      members,
      hashes: hashesOf(record),
    }
  } finally {
    await file.close()
  }
}

function fieldOf(text: string, field: string): string {
  return new RegExp(`^${field}: (\\S+)`, 'm').exec(text)?.[1] ?? ''
}

/** The rows of RECORD: path, `sha256=…`, bytes. Paths with commas stand in quotes; none of those that are unpacked has one. */
function hashesOf(record: string): ReadonlyMap<string, string> {
  return new Map(
    record.split('\n').flatMap((row) => {
      const [path, hash] = row.split(',')
      return path !== undefined && hash?.startsWith('sha256=') === true ? [[path, hash.slice('sha256='.length)] as const] : []
    }),
  )
}

export type Unpacked = { readonly member: ZipMember; readonly to: string }
export type UnpackOptions = { readonly onBytes: (count: number) => void; readonly signal?: AbortSignal | undefined }

/**
 * Writes members to files, which are on the disk when it ends. Memory: some buffers of 64 kB.
 * Fails: 'invalid-input' for a damaged member.
 */
export async function unpack({ path, hashes }: Wheel, wanted: readonly Unpacked[], { onBytes, signal }: UnpackOptions): Promise<void> {
  const file = await open(path, 'r')
  try {
    for (const { member, to } of wanted) {
      const header = new Uint8Array(30)
      await file.read(header, 0, header.length, member.at)
      const start = zipDataAt(header, member, path)
      await mkdir(dirname(to), { recursive: true })
      await writeMember({ path, member, start, to, expected: hashes.get(member.path) }, { onBytes, signal })
    }
  } finally {
    await file.close()
  }
}

type Writing = {
  readonly path: string
  readonly member: ZipMember
  readonly start: number
  readonly to: string
  readonly expected: string | undefined
}

async function writeMember({ path, member, start, to, expected }: Writing, { onBytes, signal }: UnpackOptions): Promise<void> {
  const damaged = (got: string) =>
    new Refusal('invalid-input', `wheel: expected ${quote(member.path)} as its RECORD names it, got ${got}; is the file damaged?`)
  const hash = createHash('sha256')
  let size = 0
  const watch = new Transform({
    transform: (chunk: Uint8Array, _, done) => {
      size += chunk.length
      if (size > member.size) return done(damaged('more bytes'))
      hash.update(chunk)
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  const output = createWriteStream(to, { flush: true })
  if (member.packed === 0) output.end()
  else {
    const input = createReadStream(path, { start, end: start + member.packed - 1, highWaterMark: 2 ** 18 })
    const packed = isDeflated(member) ? [input, createInflateRaw({ chunkSize: 2 ** 18 })] : [input]
    try {
      await pipeline([...packed, watch, output], signal === undefined ? {} : { signal })
    } catch (error) {
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
        throw damaged('data that break the rules of DEFLATE')
      throw error
    }
  }
  if (size !== member.size) throw damaged(`${size} bytes for ${member.size}`)
  if (hash.digest('base64url') !== expected) throw damaged('other content')
}
