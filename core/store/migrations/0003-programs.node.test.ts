import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../fixtures/sampleStudy.ts'
import { openProject } from '../project.ts'
import { query } from '../statements.ts'
import { first } from './0001-first.ts'
import { stoppedByGate } from './0002-stopped-by-gate.ts'

const write = { mode: 'write', create: true, nowMs: 1 } as const

let place: ReturnType<typeof temporaryFolder>
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

/** Turns a new project's database into one of version 2 with one stack that has trained. */
function asVersion2(folder: string): void {
  const db = new DatabaseSync(join(folder, 'project.sqlite'))
  db.exec('PRAGMA foreign_keys = OFF')
  for (const { type, name } of db.prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table') ORDER BY type DESC").all())
    db.exec(`DROP ${String(type)} "${String(name)}"`)
  db.exec(`${first.sql} ${stoppedByGate.sql}
    PRAGMA user_version = 2;
    INSERT INTO studies (id, name, hash, title_json, question_json, formula, resolved_text, resolved_json, summary_json, engine, created_ms)
      VALUES ('s', 'study', 'ab', '{"en":"t"}', '{"en":"q"}', 'l', '', '{}', '{}', 'wasm', 1);
    INSERT INTO stacks (id, study_id, position, shape_json, run_count, steps, training_ms) VALUES ('k', 's', 0, '{}', 4, 100, 1500)`)
  db.close()
}

test('a stack of version 2 keeps its time and says of no program', () => {
  const folder = join(place.folder, 'older.kagami')
  openProject(folder, write).close()
  asVersion2(folder)
  const { db, close } = openProject(folder, write)
  try {
    const readable = 'SELECT training_seconds, programs_made, programs_reused, program_seconds FROM readable_stacks'
    expect(query(db, readable).all()).toEqual([{ training_seconds: 1.5, programs_made: 0, programs_reused: 0, program_seconds: 0 }])
    query(db, 'UPDATE stacks SET programs_made = 2, programs_reused = 1, programs_ms = 250').run()
    expect(query(db, readable).all()).toEqual([{ training_seconds: 1.5, programs_made: 2, programs_reused: 1, program_seconds: 0.25 }])
  } finally {
    close()
  }
})
