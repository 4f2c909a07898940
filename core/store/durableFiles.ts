/** Files that are whole or absent, also after a loss of power: written under a temporary name, synced, renamed, the folder synced. */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { assert } from '#core/contract/errors.ts'

/**
 * Makes a folder and its missing parents. Not `mkdirSync` with `recursive`: under a folder that exists but refuses entries with
 * ENOENT, as /proc does, Node tries for ever (seen with 24.21).
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    if (!isFolder(folder)) throw error // otherwise another process made it a moment ago
  }
  syncFolder(parent)
}

/** Writes `bytes` to `path` and waits until the disk has them. */
export function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Renames a file into place, over an older one, and waits until the disk knows the new name. Both lie on one file system. */
export function renameSynced(from: string, to: string): void {
  makeFolder(dirname(to))
  syncFile(from)
  renameSync(from, to)
  syncFolder(dirname(to))
}

/** SHA-256 and length of a file, read in blocks: a checkpoint may be larger than memory. */
export function hashFile(path: string): { readonly sha256: string; readonly bytes: number } {
  const block = Buffer.allocUnsafe(1 << 20)
  const hash = createHash('sha256')
  const file = openSync(path, 'r')
  let bytes = 0
  try {
    for (let read = readSync(file, block); read > 0; read = readSync(file, block)) {
      hash.update(block.subarray(0, read))
      bytes += read
    }
  } finally {
    closeSync(file)
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** SHA-256 of bytes in memory, in hexadecimal. */
export function hashBytes(bytes: Uint8Array): string {
  const hex = createHash('sha256').update(bytes).digest('hex')
  assert(hex.length === 64, 'a SHA-256 has 64 hexadecimal digits')
  return hex
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Windows cannot open a folder for syncing, and its file systems log renames themselves. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
