import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Study } from '#core/contract/studies.ts'
import { jsonOf, kagamiHere, startKagami, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'
import { root } from '../root.ts'
import { aligned } from './output.ts'
import { createProgress } from './progress.ts'

let place: TestFolder
beforeAll(async () => {
  place = temporaryFolder()
  await train(place.path('a.kagami'), studyText())
})
afterAll(() => place.remove())

describe('a table in a terminal', () => {
  const table = {
    columns: ['run', 'regularisation.weightDecay', 'oracle-distance-relative', '日本'],
    rows: [
      ['a.1', 0.05, 0.0001234567, '糖尿病'],
      ['a.2', 0.5, null, 'x'],
    ],
  }

  test('has a line for each row, numbers to the right, full-width signs as two columns', () => {
    expect(aligned(table, 100)).toBe(
      [
        'run  regularisation.weightDecay  oracle-distance-relative  日本',
        'a.1                        0.05                 0.0001235  糖尿病',
        'a.2                         0.5                            x',
      ].join('\n'),
    )
  })

  test('that is too narrow stands the words of long names below each other', () => {
    expect(aligned(table, 60)).toBe(
      [
        '                        oracle-',
        '     regularisation.  distance-',
        'run      weightDecay   relative  日本',
        'a.1             0.05  0.0001235  糖尿病',
        'a.2              0.5             x',
      ].join('\n'),
    )
  })

  test('without rows is its names', () => {
    expect(aligned({ columns: ['run', 'loss'], rows: [] }, 100)).toBe('run  loss')
  })
})

describe('formats', () => {
  const shown = async (format: string) =>
    (await kagamiHere(['runs', 'a.kagami', '--columns', 'loss', '--limit', '1', '--format', format], place.folder)).stdout

  test('csv and json hold the whole id and every digit; a terminal shows the end of the id and four digits', async () => {
    const [csv, json, terminal] = [await shown('csv'), await shown('json'), await shown('table')]
    const [record] = jsonOf<{ run: string; loss: number }[]>(json)
    expect(csv.split('\n')[1]).toBe(`${record?.run},1,finished,${record?.loss}`)
    expect(terminal.split('\n')[1]?.trim()).toBe(
      `${record?.run.replace(/^small-[0-9a-f]{8}\./, '')}     1  finished  ${Number(record?.loss.toPrecision(4))}`,
    )
  })

  test('md and latex escape what their language takes for its own', async () => {
    expect(await shown('md')).toMatch(/^\| run \| seed \| state \| loss \|\n\| --- \| --- \| --- \| --- \|\n\| small-/)
    expect(await shown('latex')).toMatch(/^\\begin\{tabular\}\{llll\}\n\\toprule\nrun & seed & state & loss \\\\\n\\midrule\nsmall-/)
  })

  test('what is left out is said, not on stdout', async () => {
    const { stdout, stderr } = await kagamiHere(['runs', 'a.kagami', '--limit', '3'], place.folder)
    expect(stdout.trim().split('\n')).toHaveLength(4)
    expect(stderr).toBe('showing 3 of 4 runs; --limit shows more\n')
  })
})

describe('the program', () => {
  test('says the version of package.json', async () => {
    const { version } = jsonOf<{ version: string }>(readFileSync(`${root}/package.json`, 'utf8'))
    for (const flag of ['--version', '-V'])
      expect(await kagamiHere([flag], place.folder)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('explains itself and every command', async () => {
    const { status, stdout } = await kagamiHere(['--help'], place.folder)
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*(?:\[options\]|\S)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help')
    expect(commands).toEqual([
      'run',
      'plan',
      'preset',
      'runs',
      'compare',
      'structure',
      'mirrors',
      'report',
      'export',
      'verify',
      'doctor',
      'engine',
      'bench',
      'serve',
      'open',
    ])
    for (const command of commands) {
      const help = await kagamiHere([command, '--help'], place.folder)
      expect([help.status, help.stdout.startsWith(`Usage: kagami ${command} `), status]).toEqual([0, true, 0])
      expect(help.stdout).not.toMatch(/default: (\[\]|\{\})/)
    }
  })

  test('without a word is the workbench over ./workbench.kagami', async () => {
    place.write('workbench.kagami', 'no folder')
    const { status, stderr } = await startKagami([], place.folder, { DISPLAY: '', WAYLAND_DISPLAY: '' }).answer
    expect(stderr).toContain('project: expected a folder, got a file: ')
    expect(status).toBe(2)
  })

  test('in a pipe that has seen enough ends without a word', async () => {
    const { child, answer } = startKagami(['preset', 'show', 'diabetes-lasso'], place.folder)
    child.stdout?.destroy()
    expect(await answer).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })
})

describe('the progress line', () => {
  const study = (left: number | null) =>
    ({ step: 30, steps: 40, runs: { running: 4, finished: 4, queued: 0 }, secondsLeft: left }) as unknown as Study // what it reads
  const terminal = (columns: number) =>
    Object.assign(new PassThrough(), { isTTY: true, columns }) as unknown as NodeJS.WriteStream & PassThrough // what it uses

  test('shows share, runs and the time left, in a line that never wraps, and leaves nothing', () => {
    const wide = terminal(100)
    const progress = createProgress(wide)
    progress.show(() => study(75))
    progress.show(() => study(0.2))
    progress.end()
    const [, first, second, last] = String(wide.read()).split('\r\u001b[2K')
    expect(first).toBe(`${'█'.repeat(18)}${'░'.repeat(6)}  75 %  8 runs, 4 training, 1 min 15 s left`)
    expect(second).toMatch(/, under 1 s left$/)
    expect(last).toBe('')
    const narrow = terminal(30)
    createProgress(narrow).show(() => study(null))
    expect(String(narrow.read()).slice('\r\u001b[2K'.length)).toHaveLength(29)
  })

  test('is silent in a pipe, and does not even ask', () => {
    const pipe = new PassThrough()
    const asked = () => {
      throw new Error('asked')
    }
    const progress = createProgress(pipe as unknown as NodeJS.WriteStream) // a pipe is what it must bear
    progress.show(asked)
    progress.end()
    expect(pipe.read()).toBeNull()
  })
})
