/** The built page's files over HTTP; which file an address means is said in `contract/page.ts`. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isLasting, mediaType, pageFile, pagePolicy } from '#core/contract/page.ts'

/** Sends the file that `pathname` means, or answers 404. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { folder, pathname }: { folder: string; pathname: string },
): Promise<void> {
  const file = pageFile(pathname)
  const size = file === null ? null : await sizeOf(join(folder, file))
  if (file === null || size === null) {
    response.writeHead(404, { 'content-type': mediaType('.txt') }).end('no such file\n')
    return
  }
  response.writeHead(200, {
    'content-type': mediaType(file),
    'content-length': size,
    'content-security-policy': pagePolicy,
    'cache-control': isLasting(file) ? 'private, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') response.end()
  else await pipeline(createReadStream(join(folder, file)), response).catch(ignoreClosed)
}

/** Null where there is no file of that name, a folder counting as none. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    await using handle = await open(path)
    const stat = await handle.stat()
    return stat.isFile() ? stat.size : null
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

/** A reader that goes away in the middle of a file is no failure of ours. */
function ignoreClosed(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
  throw error
}
