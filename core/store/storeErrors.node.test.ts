import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { onDisk, storeError } from './storeErrors.ts'

const failing = (code: string): Error => Object.assign(new Error('as SQLite or Node say it'), { code })

describe('storeError', () => {
  test.each([
    ['SQLITE_FULL', 'store-failed', 'full disk'],
    ['SQLITE_IOERR_FSYNC', 'store-failed', 'error of the disk (SQLITE_IOERR_FSYNC)'],
    ['SQLITE_CORRUPT_INDEX', 'store-failed', 'damaged file'],
    ['SQLITE_NOTADB', 'store-failed', 'file of another kind'],
    ['SQLITE_READONLY_DBMOVED', 'store-failed', 'a place that can be written'],
    ['SQLITE_CANTOPEN', 'store-failed', 'a file that can be opened'],
    ['SQLITE_NOMEM', 'store-failed', 'memory'],
    ['SQLITE_BUSY', 'conflict', 'another process is writing'],
    ['SQLITE_BUSY_SNAPSHOT', 'conflict', 'another process is writing'],
    ['SQLITE_LOCKED', 'conflict', 'another process is writing'],
    ['ENOSPC', 'store-failed', 'full disk'],
    ['EROFS', 'store-failed', 'a place that can be written'],
    ['EACCES', 'store-failed', 'a place that can be written'],
    ['EIO', 'store-failed', 'error of the disk (EIO)'],
  ])('%s is refused as %s, in a sentence with the path', (code, kind, words) => {
    const refusal = storeError(failing(code), '/データ/p 1.kagami')
    expect(refusal).toBeInstanceOf(Refusal)
    expect(refusal).toMatchObject({ code: kind, message: expect.stringContaining(words) })
    expect(refusal).toMatchObject({ message: expect.stringMatching(/^project: expected .*, got /) })
    expect(refusal).toMatchObject({ message: expect.stringContaining('"/データ/p 1.kagami"') })
  })

  test('a bug stays what it is: a constraint, a misspelt column, an assertion', () => {
    for (const bug of [failing('SQLITE_CONSTRAINT_CHECK'), failing('SQLITE_ERROR'), failing('ERR_INVALID_ARG_TYPE'), new Error('bug: x')]) {
      expect(storeError(bug, '/p')).toBe(bug)
      expect(() =>
        onDisk('/p', () => {
          throw bug
        }),
      ).toThrow(bug)
    }
  })

  test('a refusal from further in is not wrapped again', () => {
    const refusal = new Refusal('not-found', 'x')
    expect(storeError(refusal, '/p')).toBe(refusal)
  })
})
