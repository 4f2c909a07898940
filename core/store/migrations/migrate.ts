/** Brings a database to this program's schema: all missing migrations in one transaction, or none. A newer file is refused. */
import { Refusal, assert } from '#core/contract/errors.ts'
import { place, onDisk } from '../storeErrors.ts'
import { numberOf, transact, type Readable, type Writable } from '../statements.ts'
import { first } from './0001-first.ts'
import { stoppedByGate } from './0002-stopped-by-gate.ts'
import { programs } from './0003-programs.ts'
import type { Migration } from './migration.ts'

/** All migrations in order; the last one's version is the schema that this program writes. */
export const migrations: readonly Migration[] = [first, stoppedByGate, programs]

/** "Kgmi" in ASCII: what SQLite's header says whose file it is. */
const applicationId = 0x4b676d69

/** Brings `db` to the last version in `steps`. */
export function migrate(db: Writable, steps: readonly Migration[] = migrations): void {
  requireVersion(db, steps)
  const from = versionOf(db)
  const missing = steps.filter(({ version }) => version > from)
  if (missing.length === 0) return
  db.pragma('foreign_keys = OFF') // a table that is made anew is away for a moment
  try {
    transact(db, () => {
      for (const step of missing) {
        db.exec(step.sql)
        db.pragma(`user_version = ${step.version}`)
      }
      db.pragma(`application_id = ${applicationId}`)
      const orphans = db.pragma('foreign_key_check')
      assert(
        Array.isArray(orphans) && orphans.length === 0,
        `migration to version ${newestOf(steps)} leaves rows without those they refer to`,
      )
    })
  } finally {
    db.pragma('foreign_keys = ON')
  }
}

/** Refuses a file that a newer program wrote, or that is a database of something else. */
export function requireVersion(db: Readable, steps: readonly Migration[] = migrations): void {
  const [version, newest, owner] = [versionOf(db), newestOf(steps), pragmaNumber(db, 'application_id')]
  const empty = numberOf(db, 'SELECT count(*) AS value FROM sqlite_schema') === 0
  if (owner !== applicationId && !(empty && owner === 0 && version === 0)) {
    throw new Refusal('store-failed', `project: expected a database of Kagami, got a database of another program: ${place(db.name)}`)
  }
  if (version > newest) {
    throw new Refusal(
      'conflict',
      `project: expected schema version ${newest} or older, got version ${version}: a newer Kagami wrote ${place(db.name)}; open it with that one`,
    )
  }
}

/** Refuses a file whose schema is older than the program's, which a reader cannot bring up. */
export function requireCurrent(db: Readable, steps: readonly Migration[] = migrations): void {
  requireVersion(db, steps)
  const [version, newest] = [versionOf(db), newestOf(steps)]
  if (version === newest) return
  throw new Refusal(
    'conflict',
    `project: expected schema version ${newest}, got version ${version}: open ${place(db.name)} for writing once to bring it up`,
  )
}

function newestOf(steps: readonly Migration[]): number {
  steps.forEach(({ version }, index) => assert(version === index + 1, `migration ${index + 1} has version ${version}`))
  return steps.length
}

function versionOf(db: Readable): number {
  return pragmaNumber(db, 'user_version')
}

function pragmaNumber(db: Readable, name: string): number {
  const value = onDisk(db.name, () => db.pragma(name, { simple: true }))
  assert(typeof value === 'number', `PRAGMA ${name} gives a number`)
  return value
}
