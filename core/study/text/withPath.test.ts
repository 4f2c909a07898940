import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { formatPath } from './path.ts'
import { atPath, withPath } from './withPath.ts'

describe('withPath', () => {
  test('puts a value at its place and leaves the original alone', () => {
    const study = { training: { steps: 1, record: { every: 2 } }, measure: ['loss', 'norm'] }
    const before = structuredClone(study)
    const changed = withPath(study, 'training.steps', 5)
    expect(changed).toEqual({ ...before, training: { ...before.training, steps: 5 } })
    expect(withPath(study, 'measure[1]', 'sparsity')).toEqual({ ...before, measure: ['loss', 'sparsity'] })
    expect(study).toEqual(before)
    expect(atPath(changed, 'training.record')).toBe(study.training.record) // what is beside the way is shared
  })

  test('makes what is missing on the way', () => {
    expect(withPath({}, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } })
    expect(withPath({ a: null }, 'a.b', 1)).toEqual({ a: { b: 1 } })
    expect(withPath({}, 'a[0].b', 1)).toEqual({ a: [{ b: 1 }] })
    expect(withPath(undefined, 'a', 1)).toEqual({ a: 1 })
    expect(withPath({ a: [1] }, 'a[1]', 2)).toEqual({ a: [1, 2] })
  })

  test('what was put is found there, and nothing else has changed', () => {
    const value = fc.object({ maxDepth: 3, values: [fc.integer(), fc.string(), fc.constant(null)] })
    const path = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '.', '"') }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(value, path, fc.integer(), (original, parts, level) => {
        fc.pre(
          parts.every((_, depth) => depth === 0 || [undefined, null, 'object'].includes(typeOf(atPath(original, parts.slice(0, depth))))),
        )
        const before = structuredClone(original)
        const changed = withPath(original, formatPath(parts), level)
        expect(atPath(changed, parts)).toBe(level)
        expect(original).toEqual(before)
        expect(withPath(changed, formatPath(parts), level)).toEqual(changed)
      }),
    )
  })

  test.each<[unknown, string, string]>([
    [{ a: 5 }, 'a.b', 'a: expected an object or a list, got 5'],
    [{ a: { b: 'x' } }, 'a.b[0]', 'a.b: expected an object or a list, got "x"'],
    [{ a: { b: 1 } }, 'a[0]', 'a[0]: expected the name of a field, got 0'],
    [{ a: [1] }, 'a.b', 'a.b: expected an index from 0 to 1, got "b"'],
    [{ a: [1] }, 'a.length', 'a.length: expected an index from 0 to 1, got "length"'],
    [{ a: [1] }, 'a[2]', 'a[2]: expected an index from 0 to 1, got 2'],
    [{}, 'a[1]', 'a[1]: expected an index from 0 to 0, got 1'],
    [{}, '', 'path: expected a path such as training.steps or measure[0], got ""'],
    [{}, 'a.__proto__.b', 'path: expected a path such as training.steps or measure[0], got "a.__proto__.b"'],
  ])('%j with %s is refused: %s', (value, path, sentence) => {
    expect(() => withPath(value, path, 1)).toThrow(new Refusal('invalid-input', sentence))
  })

  test('inherited names are not followed', () => {
    const changed = withPath({}, 'constructor.prototype.polluted', 1)
    expect(changed).toEqual({ constructor: { prototype: { polluted: 1 } } })
    expect('polluted' in {}).toBe(false)
  })
})

describe('atPath', () => {
  test('finds own fields and list items only', () => {
    const value = { a: [{ b: 1 }], 'x.y': 2 }
    expect(atPath(value, 'a[0].b')).toBe(1)
    expect(atPath(value, '["x.y"]')).toBe(2)
    expect(atPath(value, [])).toBe(value)
    for (const path of ['a[1]', 'a.length', 'toString', 'a[0].b.c', 'x.y']) expect(atPath(value, path)).toBeUndefined()
  })
})

function typeOf(value: unknown): string | null | undefined {
  if (value === null || value === undefined) return value
  return Array.isArray(value) ? 'array' : typeof value
}
