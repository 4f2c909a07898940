/** The data files that a study names: found, bounded in size, read once, hashed. */
import { readFileSync, statSync } from 'node:fs'
import { basename, isAbsolute, join, resolve, sep } from 'node:path'
import { createHash } from 'node:crypto'
import { Refusal, quote } from '#core/contract/errors.ts'

/** A larger table is refused before it is read. */
export const mostFileBytes = 256 * 2 ** 20

export type DataFile = {
  readonly path: string
  readonly name: string // what sentences call it
  readonly bytes: Uint8Array
  readonly sha256: string
}
export type DataFiles = (path: string) => DataFile

/**
 * @param folder     where relative paths start; null where there is none, and then only tables of the program may be named
 * @param resources  the program's own folder of data, for paths that begin with `resource:`
 */
export function openDataFiles(folder: string | null, resources: string): DataFiles {
  const open = new Map<string, DataFile>()
  return (path) => {
    const known = open.get(path)
    if (known !== undefined) return known
    const place = locate(path, { folder, resources })
    const bytes = readBounded(path, place)
    const file = {
      path,
      bytes,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      name: basename(place),
    }
    open.set(path, file)
    return file
  }
}

/** What a study that is no file may name: the page is untrusted input, and a refusal quotes what it read. */
const dataEndings = ['.csv', '.tsv', '.txt', '.gz', '-ubyte', '.idx']

function locate(path: string, { folder, resources }: { folder: string | null; resources: string }): string {
  if (path.startsWith('resource:')) {
    const place = resolve(resources, path.slice('resource:'.length))
    if (!place.startsWith(resolve(resources) + sep))
      throw new Refusal('invalid-input', `data.path: expected a table of the program, got ${quote(path)}`)
    return place
  }
  if (isAbsolute(path) && (folder !== null || dataEndings.some((ending) => path.toLowerCase().endsWith(ending)))) return path
  if (folder === null)
    throw new Refusal(
      'invalid-input',
      `data.path: expected an absolute path that ends in ${dataEndings.join(', ')}, or a study that is a file, got ${quote(path)}; run takes it with --data`,
    )
  return join(folder, path)
}

function readBounded(path: string, place: string): Uint8Array {
  try {
    const { size } = statSync(place)
    if (size > mostFileBytes)
      throw new Refusal('invalid-input', `data.path: expected a file of at most ${mostFileBytes} bytes, got ${size} in ${quote(path)}`)
    return readFileSync(place)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal('invalid-input', `data.path: expected a file that can be read, got ${quote(path)} (${reasonOf(error)})`)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
