import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatPath, parsePath } from './path.ts'

describe('path', () => {
  test.each([
    ['training.steps', ['training', 'steps']],
    ['measure[0]', ['measure', 0]],
    ['[2].a', [2, 'a']],
    ['a[0][1].b-c', ['a', 0, 1, 'b-c']],
    ['factors["regularisation.weightDecay"][2]', ['factors', 'regularisation.weightDecay', 2]],
    ['["a b"].c', ['a b', 'c']],
    ['a.constructor', ['a', 'constructor']],
  ])('%s is read and written', (text, path) => {
    expect(parsePath(text, '--set')).toEqual(path)
    expect(formatPath(path)).toBe(text)
  })

  test('any path reads back as it was written', () => {
    const part = fc.oneof(
      fc.nat(1000),
      fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__'),
      fc.string({ unit: fc.constantFrom('a', '.', '[', '"', '\\', ']', ' ', '=') }),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (path) => {
        expect(parsePath(formatPath(path), '--set')).toEqual(path)
      }),
    )
  })

  test.each([
    '',
    '.',
    '.a',
    'a.',
    'a..b',
    'a[',
    'a[]',
    'a[-1]',
    'a[01]',
    'a[1',
    'a.[1]',
    'a[0]b',
    'a b',
    'a["b]',
    'a["\\q"]',
    '__proto__',
    'a.__proto__.b',
    'a["__proto__"]',
  ])('%j is no path', (text) => {
    expect(() => parsePath(text, '--set')).toThrow(
      `--set: expected a path such as training.steps or measure[0], got ${JSON.stringify(text)}`,
    )
  })
})
