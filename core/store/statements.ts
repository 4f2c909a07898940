/**
 * Handles on a project's database and the only way to run SQL through them: statements are prepared once per handle, errors of
 * the disk become refusals, slow statements are told. A `Readable` cannot write: the functions that write ask for a `Writable`.
 */
import type Database from 'better-sqlite3'
import { closedRefusal, onDisk } from './storeErrors.ts'

declare const readable: unique symbol
declare const writable: unique symbol
export type Readable = Database.Database & { readonly [readable]: true }
export type Writable = Readable & { readonly [writable]: true }

/** What SQLite stores. NaN has no place in it: write null and read it back as NaN. */
export type Stored = number | string | Buffer | null
export type Bindings = Readonly<Record<string, Stored>>

/** A prepared statement. `Row` is written beside the SQL that makes it; the columns of STRICT tables keep it true. */
export type Query<Row> = {
  readonly get: (bindings?: Bindings) => Row | undefined
  readonly all: (bindings?: Bindings) => Row[]
  readonly run: (bindings?: Bindings) => number // rows changed
}

/** Told of each statement that took longer than `slowMs`. */
export type SlowQuery = (ms: number, sql: string) => void
const slowMs = 8

const queriesOf = new WeakMap<Readable, Map<string, Query<unknown>>>()
const listenerOf = new WeakMap<Readable, SlowQuery>()

/** The statement `sql`, prepared at its first use on `db` and kept. */
export function query<Row = never>(db: Readable, sql: string): Query<Row> {
  if (!db.open) throw closedRefusal(db.name)
  const queries = queriesOf.get(db) ?? new Map<string, Query<unknown>>()
  queriesOf.set(db, queries)
  const made = queries.get(sql) ?? prepare(db, sql)
  queries.set(sql, made)
  return made as Query<Row> // the columns of a row are those of `sql`, which stands beside `Row` in the caller
}

/** Does `work` in one transaction: all of it is kept, or, when it throws, nothing. Inside another it is a part of that one. */
export function transact<Value>(db: Writable, work: () => Value): Value {
  if (!db.open) throw closedRefusal(db.name)
  return onDisk(db.name, () => db.transaction(work).immediate())
}

/** Does `work`, which only reads, on one state of the database: what another process commits meanwhile is not seen. */
export function snapshot<Value>(db: Readable, work: () => Value): Value {
  if (!db.open) throw closedRefusal(db.name)
  return onDisk(db.name, () => db.transaction(work).deferred())
}

/** Lets `listener` hear of slow statements on `db`. */
export function listenToSlowQueries(db: Readable, listener: SlowQuery): void {
  listenerOf.set(db, listener)
}

/** The one number of a statement that makes exactly one row with a column `value`. */
export function numberOf(db: Readable, sql: string, bindings: Bindings = {}): number {
  return query<{ value: number | null }>(db, sql).get(bindings)?.value ?? 0
}

function prepare(db: Readable, sql: string): Query<unknown> {
  const statement = onDisk(db.name, () => db.prepare<[Bindings], unknown>(sql))
  const timed = <Value>(work: () => Value): Value => {
    if (!db.open) throw closedRefusal(db.name)
    const listener = listenerOf.get(db)
    if (listener === undefined) return onDisk(db.name, work)
    const began = performance.now()
    const value = onDisk(db.name, work)
    const ms = performance.now() - began
    if (ms > slowMs) listener(ms, sql)
    return value
  }
  return {
    get: (bindings = {}) => timed(() => statement.get(bindings)),
    all: (bindings = {}) => timed(() => statement.all(bindings)),
    run: (bindings = {}) => timed(() => statement.run(bindings).changes),
  }
}
