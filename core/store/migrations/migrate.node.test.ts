import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampleStudy, temporaryFolder } from '../fixtures/sampleStudy.ts'
import { openProject, type Project } from '../project.ts'
import { query } from '../statements.ts'
import { insertStudy, listStudies } from '../studies.ts'
import { migrate, migrations, requireCurrent } from './migrate.ts'
import type { Migration } from './migration.ts'

let place: ReturnType<typeof temporaryFolder>
let project: Project
beforeEach(() => {
  place = temporaryFolder()
  project = openProject(`${place.folder}/p.kagami`, { mode: 'write', create: true, nowMs: 1 })
})
afterEach(() => {
  project.close()
  place.remove()
})

const version = (): unknown => project.db.pragma('user_version', { simple: true })
const next = migrations.length + 1
const addNote: Migration = {
  version: next,
  name: 'add-note',
  sql: `ALTER TABLE studies ADD COLUMN note TEXT; UPDATE studies SET note = upper(name);`,
}

describe('migrate', () => {
  test('brings a file with data up, and does nothing the second time', () => {
    insertStudy(project.db, sampleStudy('a'))
    migrate(project.db, [...migrations, addNote])
    expect(query<{ note: string }>(project.db, 'SELECT note FROM studies').all()).toEqual([{ note: 'A' }])
    expect(version()).toBe(next)
    migrate(project.db, [...migrations, addNote])
    expect(version()).toBe(next)
  })

  test('keeps none of several when the last fails', () => {
    insertStudy(project.db, sampleStudy('a'))
    const broken: Migration = { version: next + 1, name: 'broken', sql: 'CREATE TABLE more (x TEXT) STRICT; SELECT nonsense;' }
    expect(() => migrate(project.db, [...migrations, addNote, broken])).toThrow(/nonsense/)
    expect(version()).toBe(migrations.length)
    expect(() => query(project.db, 'SELECT note FROM studies').all()).toThrow(/no such column/)
    expect(listStudies(project.db)).toHaveLength(1)
  })

  test('a reader refuses an older file and says what to do', () => {
    expect(() => requireCurrent(project.db, [...migrations, addNote])).toThrow(
      new RegExp(`expected schema version ${next}, got version ${next - 1}: open .* for writing once`),
    )
  })

  test('versions without a gap are demanded of the program', () => {
    expect(() => migrate(project.db, [...migrations, { ...addNote, version: next + 1 }])).toThrow(/^bug: migration/)
  })
})
