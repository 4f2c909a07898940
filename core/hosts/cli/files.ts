/** Files that commands write: whole or not there, so that a full disk takes nothing that was there before. */
import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { Refusal, quote } from '#core/contract/errors.ts'

/**
 * Writes pieces of text one after another and returns their bytes. What is no plain file, as /dev/stdout, is written as it stands; a link stays a link.
 * `field` names what a refusal speaks about. Fails: 'store-failed'.
 */
export function writeWhole(field: string, file: string, pieces: Iterable<string>): number {
  try {
    const known = statSync(file, { throwIfNoEntry: false })
    if (known !== undefined && !known.isFile()) return writePieces(file, pieces)
    return writeAndRename(known === undefined ? file : realpathSync(file), pieces)
  } catch (error) {
    throw unwritable(field, file, error)
  }
}

function writeAndRename(file: string, pieces: Iterable<string>): number {
  const part = `${file}.${process.pid}.part`
  try {
    const bytes = writePieces(part, pieces)
    renameSync(part, file)
    return bytes
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/** The refusal for a place that could not be written; a bug, or a refusal of another place, passes through. */
export function unwritable(field: string, file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Refusal || !('code' in error)) return error
  return new Refusal('store-failed', `${field}: expected a place that can be written, got ${quote(file, 300)} (${String(error.code)})`)
}

function writePieces(path: string, pieces: Iterable<string>): number {
  const file = openSync(path, 'w')
  let bytes = 0
  try {
    for (const piece of pieces) {
      const buffer = Buffer.from(piece)
      for (let at = 0; at < buffer.length;) at += writeSync(file, buffer, at)
      bytes += buffer.length
    }
    return bytes
  } finally {
    closeSync(file)
  }
}
