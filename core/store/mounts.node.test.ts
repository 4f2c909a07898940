/** Disks as they go wrong: full, and read-only. They need a mount of their own, which only root of a willing kernel may make. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { putBytes } from './artifacts.ts'
import { sampleStudy, temporaryFolder } from './fixtures/sampleStudy.ts'
import { openProject } from './project.ts'
import { readSeries } from './readSeries.ts'
import { appendRows } from './series.ts'
import { insertStudy, listStudies } from './studies.ts'
import { verifyProject } from './verify.ts'

const design = sampleStudy()
const stack = design.stacks[0]?.id ?? ''
let place: ReturnType<typeof temporaryFolder>
let disk: string
beforeEach(() => {
  place = temporaryFolder()
  disk = join(place.folder, 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk])
})
afterEach(() => {
  execFileSync('umount', [disk])
  place.remove()
})

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const { folder, remove } = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false // the kernel says no; the suite says why it is skipped
  } finally {
    remove()
  }
}

describe.skipIf(!mayMount())('a disk of its own (skipped where mounting one is not allowed)', () => {
  test('full, it refuses in a sentence what does not fit, and keeps what did', () => {
    const project = openProject(join(disk, 'p.kagami'), { mode: 'write', create: true, nowMs: 1 })
    insertStudy(project.db, design)
    let rows = 0
    const fill = (): void => {
      for (;;) {
        const steps = Float64Array.from({ length: 100 }, (_, row) => rows + row)
        const loss = Float64Array.from({ length: 400 }, (_, at) => rows + Math.floor(at / 4))
        appendRows(project.db, stack, { steps, values: { loss }, step: rows + 99 })
        rows += 100
      }
    }
    expect(fill).toThrow(Refusal)
    expect(fill).toThrow(/a full disk|an error of the disk/)
    expect(() => putBytes(project, { bytes: new Uint8Array(4_000_000), kind: 'report' }, 2)).toThrow(/got a full disk/)
    const { total } = readSeries(project.db, { study: design.study.id, metric: 'loss' })
    expect([total, rows > 0]).toEqual([rows, true])
    project.close()
    execFileSync('mount', ['-o', 'remount,size=40m', disk])
    const again = openProject(join(disk, 'p.kagami'), { mode: 'write', nowMs: 3 })
    expect(readSeries(again.db, { study: design.study.id, metric: 'loss' }).total).toBe(rows)
    appendRows(again.db, stack, { steps: Float64Array.of(rows), values: { loss: new Float64Array(4) }, step: rows })
    expect(verifyProject(again)).toEqual([])
    again.close()
  })

  test('a project is not made on a disk without room', () => {
    execFileSync('mount', ['-o', 'remount,size=20k', disk])
    expect(() => openProject(join(disk, 'p.kagami'), { mode: 'write', create: true, nowMs: 1 })).toThrow(Refusal)
  })

  test('read-only, it can be read but not written, and none is made there', () => {
    const folder = join(disk, 'p.kagami')
    const first = openProject(folder, { mode: 'write', create: true, nowMs: 1 })
    insertStudy(first.db, design)
    first.close()
    execFileSync('mount', ['-o', 'remount,ro', disk])
    for (const path of [folder, join(disk, 'new.kagami')]) {
      let refusal: unknown
      try {
        openProject(path, { mode: 'write', create: true, nowMs: 2 })
      } catch (error) {
        refusal = error
      }
      expect(refusal).toBeInstanceOf(Refusal)
      expect(refusal).toMatchObject({ code: 'store-failed', message: expect.stringContaining(path) })
    }
    const reader = openProject(folder, { mode: 'read' })
    expect(listStudies(reader.db).map(({ name }) => name)).toEqual(['sample'])
    reader.close()
  })
})
