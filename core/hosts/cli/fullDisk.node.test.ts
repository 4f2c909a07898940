import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openProject, type Project } from '#core/store/project.ts'
import { readSeries } from '#core/store/readSeries.ts'
import type { Readable } from '#core/store/statements.ts'
import { listStudies } from '#core/store/studies.ts'
import { verifyProject } from '#core/store/verify.ts'
import { jsonOf, kagami, recordsOf, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'

/** Some 1 MB of series, and as much again in the log before them, a row every step. */
const text = studyText({ name: 'wide', training: { steps: 2_000, record: { every: 1 } } })
const run = ['run', 'wide.yaml', '--project', 'disk/a.kagami', '--checkpoint-every', '0.2']

let place: TestFolder
beforeEach(() => {
  place = temporaryFolder()
  place.write('wide.yaml', text)
  mkdirSync(place.path('disk'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place.path('disk')])
})
afterEach(() => {
  execFileSync('umount', [place.path('disk')])
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

function read<Value>(look: (project: Project<Readable>) => Value): Value {
  const project = openProject(place.path('disk/a.kagami'), { mode: 'read' })
  try {
    return look(project)
  } finally {
    project.close()
  }
}

const rowsOf = ({ db }: Project<Readable>) => readSeries(db, { study: listStudies(db)[0]?.id ?? '', metric: 'loss' }).total

describe.skipIf(!mayMount())('a disk that becomes full in mid-run (skipped where mounting one is not allowed)', () => {
  test('is told in a sentence, keeps what was acknowledged, and with room again the run ends with the bytes of an unbroken one', async () => {
    const { status, stdout, stderr } = await kagami([...run, '--json'], place.folder)
    const { error } = jsonOf<{ error: { code: string; message: string } }>(stdout)
    expect(error.code).toBe('store-failed')
    expect(error.message).toMatch(/: expected .*, got .*(full disk|ENOSPC|error of the disk)/)
    expect(stderr.trim().split('\n').at(-1)).toBe(`kagami: ${error.message}`)
    expect(stderr).not.toMatch(/a bug|^\s+at /m)
    expect(status).toBe(1)

    execFileSync('mount', ['-o', 'remount,size=40m', place.path('disk')])
    const acknowledged = read(rowsOf)
    expect(acknowledged).toBeGreaterThan(0)
    expect(read(verifyProject)).toEqual([])
    expect(await kagami(run, place.folder)).toMatchObject({ status: 0 })
    expect(read(({ db }) => recordsOf(db))).toEqual(await train(place.path('unbroken.kagami'), text))
  })

  test('a report and an export that do not fit leave the files that were there', async () => {
    await train(place.path('b.kagami'), studyText())
    execFileSync('mount', ['-o', 'remount,size=8k', place.path('disk')])
    for (const [args, file] of [
      [['report', 'b.kagami', '--out', 'disk/r.html'], 'disk/r.html'],
      [['export', 'b.kagami', '--what', 'series', '--out', 'disk/r.csv'], 'disk/r.csv'],
    ] as const) {
      writeFileSync(place.path(file), 'mine')
      const { status, stderr } = await kagami(args, place.folder)
      expect(stderr).toMatch(/^kagami: (report|--out): expected a place that can be written, got "disk\/r\.\w+" \(ENOSPC\)\n$/)
      expect([status, readFileSync(place.path(file), 'utf8')]).toEqual([1, 'mine'])
    }
    expect(existsSync(place.path('disk/r.html'))).toBe(true)
    execFileSync('rm', ['-f', place.path('disk/r.html'), place.path('disk/r.csv')])
    expect(execFileSync('ls', [place.path('disk')], { encoding: 'utf8' })).toBe('') // no part of a file stays
  })
})
