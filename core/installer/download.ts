/**
 * Fetches a file into a folder, so that a fetch which was cut off goes on where it ended: what is there has the name of the hash that the whole must have.
 * Only a file of that hash gets its final name.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '#core/contract/errors.ts'
import { request, unreachable } from './request.ts'

export type Wanted = { readonly name: string; readonly url: URL; readonly sha256: string }
export type DownloadOptions = {
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onBytes: (count: number) => void
  readonly signal?: AbortSignal | undefined
}

const triesWithoutBytes = 3

/** Bytes of the file that are already here. */
export function bytesHere({ sha256 }: Wanted, folder: string): number {
  return sizeOf(wholePath(sha256, folder)) || sizeOf(partPath(sha256, folder))
}

/**
 * The path of the fetched file.
 * Fails: 'engine-unavailable' without network, or where the file has another hash than the index says.
 */
export async function download(wanted: Wanted, { folder, env, onBytes, signal }: DownloadOptions): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const [whole, part] = [wholePath(wanted.sha256, folder), partPath(wanted.sha256, folder)]
  if (existsSync(whole)) {
    onBytes(sizeOf(whole))
    return whole
  }
  const hash = createHash('sha256')
  const count = (bytes: Uint8Array) => {
    hash.update(bytes)
    onBytes(bytes.length)
  }
  if (existsSync(part)) for await (const bytes of createReadStream(part, { highWaterMark: 2 ** 20, signal })) count(bytes as Uint8Array) // no encoding is set
  await fetchRest(wanted, { part, env, count, signal })
  const got = hash.digest('hex')
  if (got !== wanted.sha256) {
    rmSync(part)
    throw new Refusal(
      'engine-unavailable',
      `${wanted.name}: expected SHA-256 ${wanted.sha256}, got ${got}; it was removed, the next install fetches it anew`,
    )
  }
  renameSync(part, whole)
  return whole
}

type Rest = {
  readonly part: string
  readonly env: DownloadOptions['env']
  readonly count: (bytes: Uint8Array) => void
  readonly signal: AbortSignal | undefined
}

/** Asks for what is missing until the server has sent all; a connection that breaks is made again as long as bytes come. */
async function fetchRest({ url }: Wanted, { part, env, count, signal }: Rest): Promise<void> {
  for (let failures = 0; ;) {
    const here = sizeOf(part)
    const answer = await request(url, { env, signal, headers: here === 0 ? {} : { range: `bytes=${here}-` } })
    const { statusCode = 0, headers } = answer
    if (here > 0 && statusCode === 416) return void answer.destroy() // nothing is missing; the hash decides
    if (statusCode !== (here === 0 ? 200 : 206) && statusCode !== 200) {
      answer.destroy()
      throw unreachable(url, `status ${statusCode}`)
    }
    const skipped = statusCode === 200 ? here : 0 // a server without ranges sends everything again
    const length = Number(headers['content-length'] ?? Number.NaN)
    const total = statusCode === 200 ? length : here + length
    try {
      await append(answer, { part, skipped, count })
      if (Number.isNaN(total) || sizeOf(part) >= total) return
    } catch (error) {
      if (signal?.aborted === true || isFull(error)) throw error
    }
    failures = sizeOf(part) > here ? 0 : failures + 1
    if (failures >= triesWithoutBytes) throw unreachable(url, 'connections that break')
  }
}

type Appending = { readonly part: string; readonly skipped: number; readonly count: (bytes: Uint8Array) => void }

/** Writes what comes after the first `skipped` bytes. A piece is counted when it is in the file: a connection that breaks leaves file and hash equal. */
async function append(answer: AsyncIterable<Uint8Array>, { part, skipped, count }: Appending): Promise<void> {
  const file = await open(part, 'a')
  try {
    let left = skipped
    for await (const piece of answer) {
      const rest = piece.subarray(Math.min(left, piece.length))
      left -= piece.length - rest.length
      await file.appendFile(rest)
      count(rest)
    }
  } finally {
    await file.close()
  }
}

/** Whether a write failed for want of room. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

const wholePath = (sha256: string, folder: string) => join(folder, `${sha256}.whl`)
const partPath = (sha256: string, folder: string) => join(folder, `${sha256}.part`)
