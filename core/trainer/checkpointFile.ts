/**
 * Files that are either whole or not there: written under a temporary name, flushed to the disk, then renamed. After a power
 * cut the name holds the old bytes or the new ones, never a part.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { assert, Refusal } from '#core/contract/errors.ts'

export type DurableFile = { readonly path: string; readonly sha256: string; readonly bytes: number }

/**
 * Writes bytes into a folder, made if missing; a file of the same name is replaced. The bytes may not change meanwhile.
 * Fails: 'store-failed' where the folder can't be written or the disk is full; nothing is left behind then.
 */
export async function writeFileDurably(folder: string, name: string, bytes: Uint8Array): Promise<DurableFile> {
  assert(name !== '' && name !== '.' && name !== '..' && basename(name) === name, `writeFileDurably: ${name} is not the name of a file`)
  const path = join(folder, name)
  const part = `${path}.${process.pid}.part` // a trainer has its folder to itself: only a dead one's part can bear this name
  try {
    await mkdir(folder, { recursive: true })
    await writeAndFlush(part, bytes)
    await rename(part, path)
    await flushFolder(folder)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined) // the first error is the one to tell
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refusal('store-failed', `${path}: expected to write ${bytes.byteLength} bytes, got ${reason}`)
  }
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength }
}

async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the new name itself durable. Windows can't open folders, and NTFS journals its names. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
