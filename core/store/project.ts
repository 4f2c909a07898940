/**
 * A project: the folder `name.kagami/` with `project.sqlite`, content-addressed files in `artifacts/`, and `scratch/`, where jobs
 * write. This is the only file that opens SQLite. One process writes at a time; any number read.
 *
 * Never open `project.sqlite` or `lock` by `node:fs` while a project is open in this process: POSIX drops all of a process's
 * locks on a file when it closes any handle of it.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { endianness } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { Refusal, assert } from '#core/contract/errors.ts'
import { makeFolder } from './durableFiles.ts'
import { migrate, requireCurrent } from './migrations/migrate.ts'
import { interruptUnended } from './stacks.ts'
import { listenToSlowQueries, type Readable, type SlowQuery, type Writable } from './statements.ts'
import { codeOf, onDisk, place, storeError } from './storeErrors.ts'

export type Project<Handle extends Readable = Writable> = {
  readonly folder: string
  readonly db: Handle
  readonly interrupted: number // runs that were queued or running when the last writer ended without a word
  readonly close: () => void
}

export type ForWriting = { readonly mode: 'write'; readonly create?: boolean; readonly nowMs: number; readonly onSlow?: SlowQuery }
export type ForReading = { readonly mode: 'read'; readonly nowMs?: number; readonly onSlow?: SlowQuery }

const busyTimeoutMs = 5_000 // a reader that opens while the writer closes waits a moment for the last checkpoint
const walLimit = 64 * 2 ** 20
const ours = new Set(['project.sqlite', 'project.sqlite-wal', 'project.sqlite-shm', 'lock', 'lock-journal', 'artifacts', 'scratch'])

/**
 * Opens a project. For writing it takes the lock, brings the schema up, empties `scratch/` and turns what was left queued or
 * running into `interrupted`. Refuses: `not-found` where no project is and none may be made, `conflict` when another process
 * writes or a newer program wrote it, `store-failed` when the place or the file is no good.
 */
export function openProject(folder: string, options: ForWriting): Project
export function openProject(folder: string, options: ForReading): Project<Readable>
export function openProject(folder: string, options: ForWriting | ForReading): Project<Readable> {
  assert(endianness() === 'LE', 'blobs hold little-endian numbers, as every machine that Node 24 is built for but s390x')
  const path = resolve(folder)
  if (!(options.mode === 'write' && options.create === true)) requireProject(path)
  return options.mode === 'write' ? openForWriting(path, options) : openForReading(path, options)
}

/** Where jobs of this project write their files; on the same file system as the artifacts, so that a rename moves them. */
export function scratchFolder(project: Project<Readable>): string {
  return join(project.folder, 'scratch')
}

function openForWriting(folder: string, options: ForWriting): Project {
  onDisk(folder, () => prepareFolder(folder))
  const lock = takeLock(folder)
  try {
    const path = databaseOf(folder)
    const db = onDisk(path, () => connect(path, {})) as Writable // opened without `readonly`, under the lock
    try {
      if (options.onSlow !== undefined) listenToSlowQueries(db, options.onSlow)
      makeDurable(db)
      migrate(db)
      onDisk(folder, () => emptyScratch(folder))
      const interrupted = interruptUnended(db, options.nowMs)
      return { folder, db, interrupted, close: () => closeForWriting(db, lock) }
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

function openForReading(folder: string, options: ForReading): Project<Readable> {
  const path = databaseOf(folder)
  const db = onDisk(path, () => connect(path, { readonly: true, fileMustExist: true })) as Readable // opened with `readonly`
  try {
    onDisk(db.name, () => db.pragma('query_only = ON'))
    if (options.onSlow !== undefined) listenToSlowQueries(db, options.onSlow)
    requireCurrent(db)
    return { folder, db, interrupted: 0, close: () => onDisk(folder, () => db.close()) }
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * `FULL`: a commit in WAL mode is synced before it is acknowledged, so that it survives a loss of power and not only of the
 * process. A sync costs 0.15 ms on the reference machine and a batch comes at most ten times a second, so it is free here.
 */
function makeDurable(db: Writable): void {
  onDisk(db.name, () => {
    const mode = db.pragma('journal_mode = WAL', { simple: true })
    if (mode !== 'wal') {
      throw new Refusal('store-failed', `project: expected a disk of this machine, got one without shared memory: ${place(db.name)}`)
    }
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    db.pragma(`journal_size_limit = ${walLimit}`)
    db.pragma('cache_size = -65536') // KiB: the index by last value of 100,000 runs × 8 metrics is touched everywhere by each batch
    db.pragma('wal_autocheckpoint = 4000') // pages: a batch of 80 runs × 8 metrics rewrites 1 MiB; merge every 16, not every 4
  })
}

/**
 * The lock is a second, empty SQLite file held in an exclusive transaction: the operating system frees it when the process
 * dies in any way, it works on every platform that SQLite works on, and nobody has to judge whether a process id is alive.
 */
function takeLock(folder: string): Database.Database {
  const path = join(folder, 'lock')
  try {
    return connect(path, { timeout: 0 }, (lock) => lock.exec('BEGIN EXCLUSIVE'))
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_BUSY') throw storeError(error, path)
    throw new Refusal('conflict', `project: expected to be the only writer, got ${place(folder)}, which is open in another Kagami process`)
  }
}

/** Opens a file and takes the first step on it; where that fails, nothing stays open. */
function connect(path: string, options: Database.Options, firstStep: (db: Database.Database) => void = readHeader): Database.Database {
  const db = new Database(path, { timeout: busyTimeoutMs, ...options })
  try {
    firstStep(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** The first read: here a file of another kind shows. */
function readHeader(db: Database.Database): void {
  db.pragma('schema_version')
}

function requireProject(folder: string): void {
  if (existsSync(databaseOf(folder))) return
  throw new Refusal('not-found', `project: expected a folder that holds project.sqlite, got ${place(folder)}`)
}

/** Makes the folders; a folder that already holds somebody's other files does not become a project. */
function prepareFolder(folder: string): void {
  makeFolder(folder)
  if (!existsSync(databaseOf(folder))) {
    const strange = readdirSync(folder).find((name) => !ours.has(name))
    if (strange !== undefined) {
      throw new Refusal('invalid-input', `project: expected a new or empty folder, got ${place(folder)}, which holds ${place(strange)}`)
    }
  }
  makeFolder(join(folder, 'artifacts'))
  makeFolder(join(folder, 'scratch'))
}

/** Jobs of a process that died may still be writing for a moment: hence the retries. */
function emptyScratch(folder: string): void {
  for (const name of readdirSync(join(folder, 'scratch'))) {
    rmSync(join(folder, 'scratch', name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

/**
 * Leaves one plain file: its write-ahead log merged and its mode put back, so that a closed project can be copied, and read where
 * nothing can be written. While a reader is there or the disk is full, log and mode stay as they are. Closing twice is closing once.
 */
function closeForWriting(db: Writable, lock: Database.Database): void {
  try {
    if (db.open) {
      db.pragma('busy_timeout = 0')
      db.pragma('journal_mode = DELETE')
    }
  } catch (error) {
    const refusal = storeError(error, db.name)
    if (!(refusal instanceof Refusal)) throw error // a bug; otherwise the log holds all that was acknowledged, and the next opening merges it
  } finally {
    db.close()
    lock.close()
  }
}

function databaseOf(folder: string): string {
  return join(folder, 'project.sqlite')
}
