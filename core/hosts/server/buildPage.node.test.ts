import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { preparePage } from './buildPage.ts'

const program = fileURLToPath(new URL('../../../', import.meta.url))
let root: string
let out: string
let lines: string[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kagami-page 鏡-'))
  out = join(root, '.build', 'page')
  lines = []
  await mkdir(join(root, 'renderer'))
  await mkdir(join(root, 'core', 'contract'), { recursive: true })
  await symlink(join(program, 'node_modules'), join(root, 'node_modules'))
  await writeFile(join(root, 'package.json'), '{"name":"a","type":"module","imports":{"#core/*":"./core/*"}}')
  await writeFile(
    join(root, 'renderer', 'index.html'),
    '<!doctype html><title>Page</title><div id="app"></div><script type="module" src="./main.ts"></script>',
  )
  await writeFile(join(root, 'renderer', 'main.ts'), "import { word } from '#core/contract/word.ts'\ndocument.title = word\n")
  await writeFile(join(root, 'core', 'contract', 'word.ts'), "export const word: string = 'first'\n")
})
afterEach(() => rm(root, { recursive: true }))

/** A matcher stands where a text is. */
const like = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const prepare = (): Promise<string> => preparePage({ root, out, log: (line) => lines.push(line) })
const script = async (page: string): Promise<string> => {
  const [name = ''] = await readdir(join(page, 'assets'))
  return readFile(join(page, 'assets', name), 'utf8')
}

describe('preparePage', () => {
  test('builds once, resolves the contract, and leaves no inline script', async () => {
    const page = await prepare()
    expect(await script(page)).toContain('first')
    expect(await readFile(join(page, 'index.html'), 'utf8')).not.toMatch(/<script(?![^>]*src="\/assets\/)/)
    expect(lines).toEqual(['Building the page'])
    expect(await prepare()).toBe(page)
    expect(lines).toHaveLength(1)
  })

  test('a changed source is built beside the page that a server may still send; a changed test is not', async () => {
    const first = await prepare()
    await writeFile(join(root, 'core', 'contract', 'word.test.ts'), 'test')
    expect(await prepare()).toBe(first)
    await writeFile(join(root, 'core', 'contract', 'word.ts'), "export const word: string = 'second'\n")
    const second = await prepare()
    expect([await script(first), await script(second)]).toEqual([like(/first/), like(/second/)])
  })

  test('sources that cannot be built leave the old page and nothing half-made', async () => {
    const first = await prepare()
    await writeFile(join(root, 'renderer', 'main.ts'), 'import "./missing.ts"\n')
    await expect(prepare()).rejects.toMatchObject({
      code: 'internal',
      message: like(/^page: expected sources that can be built, got /),
    })
    expect(await readdir(out)).toEqual([first.slice(out.length + 1)])
    expect(await script(first)).toContain('first')
  })

  test('the three newest builds are kept', async () => {
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
      const old = join(out, name.repeat(32))
      await mkdir(old, { recursive: true })
      await utimes(old, index, index) // seconds since 1970, each newer than the one before
    }
    const page = await prepare()
    expect((await readdir(out)).toSorted()).toEqual(['c'.repeat(32), 'd'.repeat(32), page.slice(out.length + 1)].toSorted())
  })
})
