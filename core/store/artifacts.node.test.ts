import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { adoptArtifact, artifactPath, listArtifacts, putBytes, removeUnreferenced } from './artifacts.ts'
import { sampleStudy, temporaryFolder } from './fixtures/sampleStudy.ts'
import { openProject, scratchFolder, type Project } from './project.ts'
import { appendRows } from './series.ts'
import { setCheckpoint, setParameters } from './stacks.ts'
import { numberOf, query } from './statements.ts'
import { insertStudy } from './studies.ts'
import { verifyProject } from './verify.ts'
import { endRuns } from './runs.ts'

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

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' // SHA-256 of no bytes, FIPS 180-4

/** A file as a job leaves it in scratch. */
function written(text: string, name = '結果 1 🪞.bin'): string {
  mkdirSync(join(scratchFolder(project), 'job-1'), { recursive: true })
  const path = join(scratchFolder(project), 'job-1', name)
  writeFileSync(path, text)
  return path
}

describe('artifacts', () => {
  test('bytes lie under the name of their hash, also none at all and those of a view', () => {
    const { sha256, bytes } = putBytes(project, { bytes: new Uint8Array(0), kind: 'data' }, 5)
    expect([sha256, bytes]).toEqual([emptyHash, 0])
    expect(artifactPath(project, sha256)).toBe(join(project.folder, 'artifacts', 'e3', emptyHash.slice(2)))
    const view = bytesOf('xxabcxx').subarray(2, 5)
    expect(readFileSync(artifactPath(project, putBytes(project, { bytes: view, kind: 'data' }, 5).sha256), 'utf8')).toBe('abc')
    expect(readdirSync(scratchFolder(project))).toEqual([])
  })

  test('put twice it is kept once, with its first kind and time', () => {
    putBytes(project, { bytes: bytesOf('abc'), kind: 'data' }, 5)
    putBytes(project, { bytes: bytesOf('abc'), kind: 'report' }, 9)
    expect(listArtifacts(project.db)).toEqual([{ sha256: hashOf('abc'), bytes: 3, kind: 'data', createdMs: 5 }])
  })

  test('a file that a job wrote is moved, not copied, and only with the hash that the job said', () => {
    const path = written('tensor')
    expect(() => adoptArtifact(project, { path, sha256: hashOf('tensors'), kind: 'checkpoint' }, 5)).toThrow(/expected bytes with SHA-256/)
    expect([existsSync(path), listArtifacts(project.db)]).toEqual([true, []])
    expect(adoptArtifact(project, { path, sha256: hashOf('tensor'), kind: 'checkpoint' }, 5).bytes).toBe(6)
    expect([existsSync(path), readFileSync(artifactPath(project, hashOf('tensor')), 'utf8')]).toEqual([false, 'tensor'])
    expect(() => adoptArtifact(project, { path, sha256: hashOf('tensor'), kind: 'checkpoint' }, 5)).toThrow(Refusal) // it is gone
  })

  test('only files in scratch are taken, also when a link pretends', () => {
    const outside = join(place.folder, 'mine.txt')
    writeFileSync(outside, 'mine')
    const link = join(scratchFolder(project), 'link')
    symlinkSync(outside, link)
    for (const path of [outside, link, join(scratchFolder(project), '..', '..', 'mine.txt')]) {
      expect(() => adoptArtifact(project, { path, sha256: hashOf('mine'), kind: 'data' }, 5)).toThrow(/^bug: a job writes into scratch/)
    }
    expect(readFileSync(outside, 'utf8')).toBe('mine')
  })

  test('an unknown hash is refused', () => {
    expect(() => artifactPath(project, 'ab'.repeat(32))).toThrow(/artifact: expected an artifact of this project/)
  })

  test('old checkpoints and files without a row go; what something speaks of, and reports, stay', () => {
    const put = (text: string, kind: 'checkpoint' | 'parameters' | 'data' | 'report'): string =>
      putBytes(project, { bytes: bytesOf(text), kind }, 5).sha256
    const [old, checkpoint, parameters, data, report] = [
      put('old', 'checkpoint'),
      put('new', 'checkpoint'),
      put('end', 'parameters'),
      put('a,b', 'data'),
      put('<html>', 'report'),
    ]
    const design = { ...sampleStudy(), files: [{ path: 'a.csv', sha256: data }] }
    insertStudy(project.db, design)
    const stack = design.stacks[0]?.id ?? ''
    setCheckpoint(project.db, stack, { sha256: old, step: 1 })
    setCheckpoint(project.db, stack, { sha256: checkpoint, step: 2 })
    setParameters(project.db, stack, parameters)
    mkdirSync(join(project.folder, 'artifacts', 'ff'))
    writeFileSync(join(project.folder, 'artifacts', 'ff', 'left-by-a-death'), 'x')
    expect(removeUnreferenced(project)).toBe(2)
    expect(new Set(listArtifacts(project.db).map(({ sha256 }) => sha256))).toEqual(new Set([checkpoint, parameters, data, report]))
    expect(existsSync(join(project.folder, 'artifacts', old.slice(0, 2), old.slice(2)))).toBe(false)
    expect(removeUnreferenced(project)).toBe(0)
    expect(verifyProject(project)).toEqual([])
  })
})

describe('verifyProject', () => {
  test('finds every damaged part, names it, and goes on searching', () => {
    const design = sampleStudy()
    insertStudy(project.db, design)
    const stack = design.stacks[0]?.id ?? ''
    const [run = ''] = design.runs.map(({ id }) => id)
    const steps = Float64Array.of(0, 10, 20)
    appendRows(project.db, stack, { steps, values: { loss: new Float64Array(12), sparsity: new Float64Array(12) }, step: 20 })
    const coefficients = { names: ['x'], measured: Float64Array.of(1), predicted: Float64Array.of(1), margin: null }
    endRuns(project.db, [{ run, outcome: { kind: 'reached-last-step' }, parametersSha256: 'ab'.repeat(32), coefficients }], 5)
    const [a, b, c] = ['one', 'two', 'three'].map((text) => putBytes(project, { bytes: bytesOf(text), kind: 'report' }, 5).sha256)
    expect(verifyProject(project)).toEqual([])

    query(project.db, `UPDATE series_chunks SET first_step = 5 WHERE metric = 'loss'`).run()
    query(project.db, `UPDATE vectors SET data = zeroblob(8) WHERE name = 'predicted'`).run()
    unlinkSync(artifactPath(project, a ?? ''))
    truncateSync(artifactPath(project, b ?? ''), 1)
    project.db.pragma('foreign_keys = OFF')
    query(project.db, `DELETE FROM artifacts WHERE sha256 = :c`).run({ c: c ?? '' })
    query(project.db, `UPDATE stacks SET parameters_sha256 = :c`).run({ c: c ?? '' })
    const found = verifyProject(project)
    expect(found).toHaveLength(5)
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/every row of stacks to have its row in artifacts/),
        expect.stringMatching(`stack ${stack}, metric loss, chunk at row 0: expected bytes`),
        expect.stringMatching(`run ${run}, vector predicted: expected bytes`),
        expect.stringMatching(`artifact ${a}: expected its file, got none`),
        expect.stringMatching(`artifact ${b}: expected 3 bytes with this hash, got 1 bytes`),
      ]),
    )
  })

  test('reads a project that another process writes', () => {
    insertStudy(project.db, sampleStudy())
    const reader = openProject(project.folder, { mode: 'read' })
    expect(verifyProject(reader)).toEqual([])
    reader.close()
  })

  test('pages of the database that were overwritten are a sentence, not an exception', () => {
    insertStudy(project.db, sampleStudy('big', { decays: [1, 2, 3, 4], seeds: 100, perStack: 100 }))
    const root = numberOf(project.db, `SELECT rootpage AS value FROM sqlite_schema WHERE name = 'runs'`)
    project.close()
    const path = join(project.folder, 'project.sqlite')
    const bytes = readFileSync(path)
    bytes.fill(0xff, (root - 1) * 4096, root * 4096)
    writeFileSync(path, bytes)
    const reader = openProject(project.folder, { mode: 'read' })
    const found = verifyProject(reader)
    expect(found.length).toBeGreaterThan(0)
    expect(found.every((sentence) => sentence.length > 10)).toBe(true)
    reader.close()
    expect(() => openProject(project.folder, { mode: 'write', nowMs: 2 })).toThrow(/expected a whole database, got a damaged file/)
  })
})
