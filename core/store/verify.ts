/** Whether a project's bytes are those that were written: the database's pages and references, every chunk, vector and artifact. */
import { existsSync } from 'node:fs'
import { Refusal } from '#core/contract/errors.ts'
import { listArtifacts, pathOf } from './artifacts.ts'
import { decodeChunk, type ChunkRow } from './chunk.ts'
import { hashFile } from './durableFiles.ts'
import type { Project } from './project.ts'
import { query, type Readable } from './statements.ts'
import { onDisk } from './storeErrors.ts'
import { decodeVector, type VectorRow } from './vectors.ts'

/** One sentence per problem; none when the project is whole. What cannot be read at all is a problem too, and does not end the search. */
export function verifyProject(project: Project<Readable>): readonly string[] {
  const { db } = project
  const checks = [
    () => checkPages(db),
    () => checkReferences(db),
    () => checkChunks(db),
    () => checkVectors(db),
    () => checkArtifacts(project),
  ]
  return checks.flatMap((check) => sentences(check))
}

function checkPages(db: Readable): readonly string[] {
  const rows = query<{ integrity_check: string }>(db, 'PRAGMA integrity_check').all()
  return rows.filter((row) => row.integrity_check !== 'ok').map((row) => `database: ${row.integrity_check}`)
}

function checkReferences(db: Readable): readonly string[] {
  const rows = query<{ table: string; rowid: number | null; parent: string }>(db, 'PRAGMA foreign_key_check').all()
  return rows.map(
    ({ table, rowid, parent }) => `database: expected every row of ${table} to have its row in ${parent}, got row ${rowid ?? '?'} without`,
  )
}

function checkChunks(db: Readable): readonly string[] {
  return numbersIn(db, 'series_chunks', 'number').flatMap((number) =>
    sentences(() => {
      const row = query<ChunkRow & { stack: string; metric: string; lanes: number }>(
        db,
        `SELECT c.stack_id AS stack, c.metric, k.run_count AS lanes, c.format, c.first_row AS firstRow, c.row_count AS rowCount,
          c.lane_count AS laneCount, c.first_step AS firstStep, c.last_step AS lastStep, c.steps, c.data, c.checksum
          FROM series_chunks c JOIN stacks k ON k.id = c.stack_id WHERE c.number = :number`,
      ).get({ number })
      if (row === undefined) return [] // without its stack: found by checkReferences
      decodeChunk(row, `stack ${row.stack}, metric ${row.metric}`)
      if (row.lanes === row.laneCount) return []
      return [`stack ${row.stack}, metric ${row.metric}: expected ${row.lanes} lanes, got ${row.laneCount}`]
    }),
  )
}

function checkVectors(db: Readable): readonly string[] {
  return numbersIn(db, 'vectors', 'rowid').flatMap((number) =>
    sentences(() => {
      const sql = 'SELECT run_id AS run, name, names_json AS names, data, checksum FROM vectors WHERE rowid = :number'
      const row = query<VectorRow>(db, sql).get({ number })
      if (row !== undefined) decodeVector(row)
      return []
    }),
  )
}

function checkArtifacts(project: Project<Readable>): readonly string[] {
  return listArtifacts(project.db).flatMap(({ sha256, bytes }) =>
    sentences(() => {
      const path = pathOf(project, sha256)
      if (!existsSync(path)) return [`artifact ${sha256}: expected its file, got none`]
      const found = onDisk(path, () => hashFile(path))
      if (found.sha256 === sha256) return []
      return [`artifact ${sha256}: expected ${bytes} bytes with this hash, got ${found.bytes} bytes with ${found.sha256}`]
    }),
  )
}

function numbersIn(db: Readable, table: 'series_chunks' | 'vectors', column: 'number' | 'rowid'): readonly number[] {
  return query<{ number: number }>(db, `SELECT ${column} AS number FROM ${table} ORDER BY ${column}`)
    .all()
    .map(({ number }) => number)
}

/** What `check` finds; when it is refused, the refusal is what it found. */
function sentences(check: () => readonly string[]): readonly string[] {
  try {
    return check()
  } catch (error) {
    if (error instanceof Refusal) return [error.message]
    throw error
  }
}
