/**
 * The one place where an error of SQLite or of the file system becomes a sentence. What is not about the disk, the file or
 * another process (a broken constraint, a misspelt column) is a bug and passes through unchanged.
 */
import { Refusal, quote } from '#core/contract/errors.ts'

/** The refusal that `error` stands for when the file or folder at `path` was touched, or `error` itself when it is a bug. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof Refusal) return error
  const code = codeOf(error)
  if (code === undefined) return error
  return sqliteRefusal(code, path) ?? fileRefusal(code, path) ?? error
}

/** Does `work`; what goes wrong on the disk at `path` leaves as a refusal. */
export function onDisk<Value>(path: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw storeError(error, path)
  }
}

/** The answer to a call after `close`. */
export function closedRefusal(path: string): Refusal {
  return new Refusal('conflict', `project: expected an open project, got ${place(path)} after it was closed`)
}

/** What a damaged part of a project is answered with; `part` names it. */
export function damaged(part: string, rule: string): Refusal {
  return new Refusal('store-failed', `${part}: expected ${rule}, got other bytes: this part of the project is damaged`)
}

/** A path inside a sentence: quoted, long ones cut. */
export function place(path: string): string {
  return quote(path, 300)
}

/** The text `code` that errors of Node and of better-sqlite3 carry. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** SQLite's result codes; an extended one (`SQLITE_IOERR_FSYNC`) starts with its primary code. */
function sqliteRefusal(code: string, path: string): Refusal | undefined {
  const is = (primary: string): boolean => code === primary || code.startsWith(`${primary}_`)
  if (is('SQLITE_FULL')) return fullDisk(path)
  if (is('SQLITE_BUSY') || is('SQLITE_LOCKED')) {
    return new Refusal('conflict', `project: expected ${place(path)} to be free, got a file that another process is writing (${code})`)
  }
  if (is('SQLITE_NOTADB')) return new Refusal('store-failed', `project: expected a database, got a file of another kind: ${place(path)}`)
  if (is('SQLITE_CORRUPT')) {
    return new Refusal(
      'store-failed',
      `project: expected a whole database, got a damaged file: ${place(path)}; kagami verify lists what is left`,
    )
  }
  if (is('SQLITE_READONLY') || is('SQLITE_PERM') || is('SQLITE_AUTH')) return unwritable(path, code)
  if (is('SQLITE_CANTOPEN')) return new Refusal('store-failed', `project: expected a file that can be opened, got ${place(path)} (${code})`)
  if (is('SQLITE_IOERR') || is('SQLITE_PROTOCOL') || is('SQLITE_NOLFS')) {
    return new Refusal('store-failed', `project: expected to read and write ${place(path)}, got an error of the disk (${code})`)
  }
  if (is('SQLITE_NOMEM')) return new Refusal('store-failed', `project: expected memory to read ${place(path)}, got none`)
  return undefined
}

function fileRefusal(code: string, path: string): Refusal | undefined {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return fullDisk(path)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOENT':
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'EXDEV':
      return unwritable(path, code)
    case 'EIO':
    case 'EBUSY':
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOTEMPTY':
    case 'ENXIO':
    case 'ENODEV':
      return new Refusal('store-failed', `project: expected to read and write ${place(path)}, got an error of the disk (${code})`)
    default:
      return undefined
  }
}

function fullDisk(path: string): Refusal {
  return new Refusal(
    'store-failed',
    `project: expected room on the disk that holds ${place(path)}, got a full disk; what was acknowledged is safe: free some space, then resume`,
  )
}

function unwritable(path: string, code: string): Refusal {
  return new Refusal('store-failed', `project: expected a place that can be written, got ${place(path)} (${code})`)
}
