import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { textWith } from '#core/testing/trainers/textWith.ts'
import { writeFileDurably } from './checkpointFile.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kagami チェック '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('writeFileDurably', () => {
  test('names path, size and hash: "abc" has the SHA-256 of FIPS 180-2, B.1', async () => {
    expect(await writeFileDurably(folder, 'a.bin', Buffer.from('abc'))).toEqual({
      path: join(folder, 'a.bin'),
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      bytes: 3,
    })
  })

  test('writes the bytes of a view, not of the whole buffer under it', async () => {
    const values = Float32Array.of(1, 2, 3, 4)
    await writeFileDurably(folder, 'view', new Uint8Array(values.buffer, 4, 8))
    expect(readFileSync(join(folder, 'view'))).toEqual(Buffer.from(Float32Array.of(2, 3).buffer))
  })

  test('writes an empty file', async () => {
    expect(await writeFileDurably(folder, 'empty', new Uint8Array(0))).toMatchObject({ bytes: 0 })
    expect(readFileSync(join(folder, 'empty'))).toHaveLength(0)
  })

  test('makes the folder, and leaves nothing but the file', async () => {
    await writeFileDurably(join(folder, 'new', '鏡 🪞'), 'a', Uint8Array.of(1))
    expect(readdirSync(join(folder, 'new', '鏡 🪞'))).toEqual(['a'])
  })

  test('replaces a file of the same name', async () => {
    await writeFileDurably(folder, 'a', Uint8Array.of(1, 2, 3))
    await writeFileDurably(folder, 'a', Uint8Array.of(9))
    expect(readFileSync(join(folder, 'a'))).toEqual(Buffer.of(9))
  })

  test('refuses a folder that is a file, which root can not write either', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(writeFileDurably(join(folder, 'file'), 'a', Uint8Array.of(1))).rejects.toMatchObject({
      code: 'store-failed',
      message: textWith(/a: expected to write 1 bytes, got (EEXIST|ENOTDIR)/),
    })
  })

  test.skipIf(process.platform === 'win32')('a write that the system cuts short leaves the old file and no part', async () => {
    writeFileSync(join(folder, 'a'), 'old')
    const script = `import { writeFileDurably } from ${JSON.stringify(new URL('./checkpointFile.ts', import.meta.url).href)}
      await writeFileDurably(process.argv[1], 'a', new Uint8Array(1 << 20)).catch((error) => process.stdout.write(error.code + ': ' + error.message))`
    const limited = ['-c', 'ulimit -f 8; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script, folder]
    const { stdout } = spawnSync('sh', limited, { encoding: 'utf8' }) // a file may hold 4 kB
    expect(stdout).toMatch(/^store-failed: .*a: expected to write 1048576 bytes, got EFBIG/)
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a'])
  })

  test.each(['', '.', '..', 'a/b', '../a'])('takes %j for a bug: not the name of a file', async (name) => {
    await expect(writeFileDurably(folder, name, Uint8Array.of(1))).rejects.toThrow(/^bug: writeFileDurably: .*is not the name of a file/)
  })
})
