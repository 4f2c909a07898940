import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { rootKey, split } from './key.ts'
import type { Key } from './key.ts'

const cell = '0123456789abcdef'.repeat(4)
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const text = (key: Key): string => key.map((part) => part.toString(16).padStart(8, '0')).join('')

describe('rootKey', () => {
  // Origin: Python's hashlib.sha256(f'kagami random 1\nbase {base}\ncell {cell}\nreplicate {replicate}'.encode()).hexdigest()[:16]
  test('is the head of the SHA-256 of its documented bytes', () => {
    expect(text(rootKey({ base: 1, cell, replicate: 0 }))).toBe('fa1baae05c673e88')
    expect(text(rootKey({ base: -7, cell, replicate: 12 }))).toBe('b33feecd4c88a013')
  })

  test('changes with the base seed, with the cell and with the replicate', () => {
    const other = '1123456789abcdef' + '0123456789abcdef'.repeat(3)
    const seeds = [
      { base: 1, cell, replicate: 0 },
      { base: 2, cell, replicate: 0 },
      { base: 1, cell: other, replicate: 0 },
      { base: 1, cell, replicate: 1 },
      { base: 11, cell, replicate: 1 }, // digits that would run together without the separators
      { base: 1, cell, replicate: 11 },
    ]
    expect(new Set(seeds.map((seed) => text(rootKey(seed)))).size).toBe(seeds.length)
  })

  test('refuses a cell that is no hash, and numbers that are not whole', () => {
    expect(() => rootKey({ base: 1, cell: 'abc', replicate: 0 })).toThrow(
      new Refusal('invalid-input', 'rootKey: cell: expected 64 lower-case hexadecimal digits, got "abc"'),
    )
    expect(() => rootKey({ base: 1, cell: `${cell}\n`, replicate: 0 })).toThrow(Refusal)
    expect(() => rootKey({ base: 0.5, cell, replicate: 0 })).toThrow('rootKey: base: expected a whole number')
    expect(() => rootKey({ base: Number.NaN, cell, replicate: 0 })).toThrow(Refusal)
    expect(() => rootKey({ base: 1, cell, replicate: -1 })).toThrow('rootKey: replicate: expected a whole number ≥ 0 and < 2^53, got -1')
  })
})

describe('split', () => {
  // Origin: hashlib.sha256(f'kagami split 1\n{key}\n{purpose}'.encode()).hexdigest()[:16], key = 'fa1baae05c673e88'
  test('is the head of the SHA-256 of its documented bytes', () => {
    expect(text(split([0xfa1baae0, 0x5c673e88], 'start'))).toBe('3590addd6787327c')
    expect(text(split([0xfa1baae0, 0x5c673e88], '鏡 / β'))).toBe('6bdbedf6e3d649db')
  })

  test('gives other purposes and other keys other keys', () => {
    fc.assert(
      fc.property(word, word, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b, one, two) => {
        fc.pre(one !== two)
        expect(split([a, b], one)).not.toEqual(split([a, b], two))
        expect(split([a, b], one)).not.toEqual(split([b, (a + 1) >>> 0], one))
      }),
    )
  })

  test('refuses an empty purpose and a lone surrogate', () => {
    expect(() => split([0, 0], '')).toThrow(Refusal)
    expect(() => split([0, 0], 'a\ud800')).toThrow(Refusal)
  })
})
