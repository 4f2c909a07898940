import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal, type Code } from '#core/contract/errors.ts'
import { sampleStudy, temporaryFolder } from './fixtures/sampleStudy.ts'
import { migrations } from './migrations/migrate.ts'
import { openProject, scratchFolder } from './project.ts'
import { readRuns } from './readRuns.ts'
import { beginStack, readStacks } from './stacks.ts'
import { query, transact } from './statements.ts'
import { insertStudy, listStudies } from './studies.ts'

let place: ReturnType<typeof temporaryFolder>
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

const write = { mode: 'write', create: true, nowMs: 1_000 } as const

function refusalOf(work: () => unknown): { code: Code; message: string } {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('expected a refusal')
}

describe('openProject', () => {
  test('makes a project, also in a path with spaces, Japanese and emoji, and missing parents', () => {
    const folder = join(place.folder, 'my studies', '鏡 の 実験 🪞', "it's 100% #1?.kagami")
    const project = openProject(folder, write)
    insertStudy(project.db, sampleStudy())
    project.close()
    expect(readdirSync(folder).sort()).toEqual(['artifacts', 'lock', 'project.sqlite', 'scratch'])
    const again = openProject(folder, { mode: 'read' })
    expect(listStudies(again.db).map(({ name }) => name)).toEqual(['sample'])
    again.close()
  })

  test('is safe against a loss of power, and checks references', () => {
    const project = openProject(join(place.folder, 'p.kagami'), write)
    const pragma = (name: string): unknown => project.db.pragma(name, { simple: true })
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys'), pragma('busy_timeout')]).toEqual(['wal', 2, 1, 5_000])
    expect(() => query(project.db, `INSERT INTO study_files VALUES ('no-such-study', 'a.csv', 'no-such-artifact')`).run()).toThrow(
      /FOREIGN KEY/,
    )
    project.close()
  })

  test('every table is STRICT and has a readable view', () => {
    const { db, close } = openProject(join(place.folder, 'p.kagami'), write)
    insertStudy(db, sampleStudy())
    const tables = query<{ name: string; strict: number }>(
      db,
      `SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'`,
    )
      .all()
      .filter(({ name }) => !name.startsWith('sqlite_'))
    expect(tables.length).toBeGreaterThan(9)
    for (const { name, strict } of tables) {
      expect([name, strict]).toEqual([name, 1])
      expect(() => query(db, `SELECT * FROM readable_${name}`).all()).not.toThrow()
    }
    close()
  })

  test('where no project is, none is made unless asked for', () => {
    const folder = join(place.folder, 'none.kagami')
    expect(refusalOf(() => openProject(folder, { mode: 'read' })).code).toBe('not-found')
    expect(refusalOf(() => openProject(folder, { mode: 'write', nowMs: 1 })).code).toBe('not-found')
    expect(existsSync(folder)).toBe(false)
  })

  test("a folder with somebody's other files does not become a project", () => {
    writeFileSync(join(place.folder, 'thesis.tex'), 'x')
    expect(refusalOf(() => openProject(place.folder, write))).toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('thesis.tex'),
    })
    expect(readdirSync(place.folder)).toEqual(['thesis.tex'])
  })

  test('a place that nobody can write, root included, is refused with its path', () => {
    writeFileSync(join(place.folder, 'file'), 'x')
    symlinkSync(join(place.folder, 'loop'), join(place.folder, 'loop'))
    const places = [
      join(place.folder, 'file', 'p.kagami'),
      join(place.folder, 'file'),
      join(place.folder, 'loop', 'p.kagami'),
      join(place.folder, 'x'.repeat(300)),
    ]
    if (process.platform === 'linux') places.push('/proc/p.kagami', '/proc/1/a/b/p.kagami', '/sys/p.kagami', '/dev/full/p.kagami')
    for (const path of places) {
      const { code, message } = refusalOf(() => openProject(path, write))
      expect([path, code]).toEqual([path, 'store-failed'])
      expect(message).toContain(path.slice(0, 200))
    }
  })

  test('a second writer is refused, in this process and in another; readers are not', async () => {
    const folder = join(place.folder, 'p.kagami')
    const first = openProject(folder, write)
    insertStudy(first.db, sampleStudy())
    expect(refusalOf(() => openProject(folder, write))).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/open in another Kagami process/),
    })
    const there = await inAnotherProcess(`openProject(folder, { mode: 'write', nowMs: 1 })`, folder)
    expect(there).toMatch(/conflict.*open in another Kagami process/)
    expect(await inAnotherProcess(`console.log(openProject(folder, { mode: 'read' }).db.open)`, folder)).toMatch(/true/)
    const reader = openProject(folder, { mode: 'read' })
    expect(listStudies(reader.db)).toHaveLength(1)
    first.close()
    expect(listStudies(reader.db)).toHaveLength(1)
    openProject(folder, write).close() // the lock is free, the reader does not hold it
    reader.close()
  })

  test('closing twice is closing once; a call after it is refused', () => {
    const project = openProject(join(place.folder, 'p.kagami'), write)
    project.close()
    project.close()
    for (const call of [() => listStudies(project.db), () => insertStudy(project.db, sampleStudy()), () => readRuns(project.db, {})]) {
      expect(refusalOf(call)).toMatchObject({ code: 'conflict', message: expect.stringContaining('closed') })
    }
  })

  test('a reader cannot write', () => {
    const folder = join(place.folder, 'p.kagami')
    openProject(folder, write).close()
    const reader = openProject(folder, { mode: 'read' })
    expect(refusalOf(() => query(reader.db, `DELETE FROM studies`).run()).code).toBe('store-failed')
    reader.close()
  })

  test('what a dead writer left queued or running becomes interrupted, with a sentence', () => {
    const folder = join(place.folder, 'p.kagami')
    const first = openProject(folder, write)
    const design = sampleStudy('two-stacks', { perStack: 2 })
    insertStudy(first.db, design)
    beginStack(first.db, design.stacks[0]?.id ?? '', { device: 'cpu', versions: {}, nowMs: 5 })
    first.close()
    const second = openProject(folder, { mode: 'write', nowMs: 77 })
    expect(second.interrupted).toBe(4)
    const { runs } = readRuns(second.db, {})
    expect(runs.map(({ state, endedMs }) => [state, endedMs])).toEqual(Array.from({ length: 4 }, () => ['interrupted', 77]))
    expect(runs.map(({ reason }) => reason?.slice(0, 24))).toEqual([
      'Kagami ended without a w',
      'Kagami ended without a w',
      'Kagami ended before this',
      'Kagami ended before this',
    ])
    expect(readStacks(second.db, design.study.id).map(({ state }) => state)).toEqual(['interrupted', 'interrupted'])
    second.close()
    const third = openProject(folder, { mode: 'write', nowMs: 99 })
    expect(third.interrupted).toBe(0)
    third.close()
  })

  test('scratch is empty after opening: its jobs are dead', () => {
    const folder = join(place.folder, 'p.kagami')
    const first = openProject(folder, write)
    mkdirSync(join(scratchFolder(first), 'job-1'))
    writeFileSync(join(scratchFolder(first), 'job-1', 'half'), 'x')
    first.close()
    const second = openProject(folder, write)
    expect(readdirSync(scratchFolder(second))).toEqual([])
    second.close()
  })

  test('a slow statement is told with its text', () => {
    const heard: string[] = []
    const project = openProject(join(place.folder, 'p.kagami'), { ...write, onSlow: (ms, sql) => heard.push(`${ms > 8} ${sql}`) })
    const slow = 'WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) AS value FROM n'
    query(project.db, slow).all()
    project.close()
    expect(heard).toContain(`true ${slow}`)
  })
})

describe('transact', () => {
  test('keeps all or nothing, also when one is inside another, and never a promise', () => {
    const { db, close } = openProject(join(place.folder, 'p.kagami'), write)
    expect(() =>
      transact(db, () => {
        insertStudy(db, sampleStudy('a'))
        throw new Error('half-way')
      }),
    ).toThrow('half-way')
    expect(listStudies(db)).toEqual([])
    transact(db, () => {
      insertStudy(db, sampleStudy('a'))
      expect(() => insertStudy(db, sampleStudy('a'))).toThrow(Refusal) // only the inner one is undone
    })
    expect(listStudies(db)).toHaveLength(1)
    expect(() => transact(db, () => Promise.resolve())).toThrow(/promise/)
    close()
  })
})

describe('files that are not ours', () => {
  const file = (): string => join(place.folder, 'project.sqlite')

  test('a newer schema is refused, and the sentence names both versions', () => {
    const project = openProject(place.folder, write)
    project.db.pragma('user_version = 41')
    project.close()
    for (const options of [write, { mode: 'read' } as const]) {
      const open = (): unknown => (options.mode === 'read' ? openProject(place.folder, options) : openProject(place.folder, options))
      expect(refusalOf(open)).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining(`version ${migrations.length} or older, got version 41`),
      })
    }
  })

  test('a file that is no database is refused with a sentence, and stays as it is', () => {
    writeFileSync(file(), 'name,age\nx,1\n'.repeat(500))
    const { code, message } = refusalOf(() => openProject(place.folder, write))
    expect([code, message]).toEqual(['store-failed', expect.stringContaining('got a file of another kind')])
  })

  test('a database of another program is refused', () => {
    const project = openProject(place.folder, write)
    project.db.pragma('application_id = 12345')
    project.close()
    expect(refusalOf(() => openProject(place.folder, write))).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('another program'),
    })
  })

  test('a refused opening leaves the lock free', () => {
    writeFileSync(file(), 'no database '.repeat(500))
    expect(refusalOf(() => openProject(place.folder, write)).code).toBe('store-failed')
    expect(refusalOf(() => openProject(place.folder, write)).code).toBe('store-failed') // not 'conflict'
  })

  test('an empty file becomes a project, as after a death at its first moment', () => {
    writeFileSync(file(), '')
    const project = openProject(place.folder, write)
    expect(listStudies(project.db)).toEqual([])
    project.close()
  })
})

/** Runs one statement with `openProject` and `folder` in a process of its own; gives what it prints. */
async function inAnotherProcess(statement: string, folder: string): Promise<string> {
  const module = new URL('project.ts', import.meta.url).href
  const code = `import { openProject } from ${JSON.stringify(module)}
    const folder = process.argv[1]
    try { ${statement} } catch (error) { console.log(error.code, error.message) }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  return said
}
