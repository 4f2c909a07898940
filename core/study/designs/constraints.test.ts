import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { constrain, constraints, readConstraints } from './constraints.ts'
import type { Combination, DesignCell } from './design.ts'
import { combineFactors, design } from './registry.ts'

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 })
const factors = [
  { path: 'a', levels: [1, 2, 3] },
  { path: 'b', levels: [1, 2, 3, 4] },
]
const study = ({ values: [a = null, b = null] }: DesignCell): Json => ({ a, b })
const grid = combineFactors(factors, design.parse({ kind: 'grid' }), { key })
const kept = (combination: Combination, texts: readonly string[], studyOf = study) =>
  constrain(combination, readConstraints(texts), studyOf)
const pairs = (combination: Combination) => combination.cells.map(({ values }) => values.map(Number).join(''))

describe('constrain', () => {
  test('keeps the cells that fulfil every constraint, in their order', () => {
    expect(pairs(kept(grid, ['a * b < 6', 'a != b']))).toEqual(['12', '13', '14', '21', '31'])
    expect(kept(grid, [])).toBe(grid)
  })

  test('a chain goes on over what is left out, and an empty one ends', () => {
    const walk = combineFactors(factors, design.parse({ kind: 'continuation', factor: 'b' }), { key })
    const { cells, chains } = kept(walk, ['b != 2', 'a != 2'])
    expect(cells.map(({ values }) => values.map(Number).join(''))).toEqual(['11', '13', '14', '31', '33', '34'])
    expect(chains).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
  })

  test('chains hold the same cells as before, less those left out', () => {
    const walk = combineFactors(factors, design.parse({ kind: 'continuation', factor: 'a', direction: 'both' }), { key })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.constantFrom('<=', '>=', '!='), (limit, operator) => {
        fc.pre(walk.cells.some(({ values }) => Number(values[0]) * Number(values[1]) <= limit) || operator !== '<=')
        const after = kept(walk, [`a * b ${operator} ${limit}`])
        const named = ({ cells, chains }: Combination) => chains.map((chain) => chain.map((i) => cells[i]))
        const left = new Set(after.cells)
        const expected = named(walk).map((chain) => chain.filter((cell) => cell !== undefined && left.has(cell)))
        expect(named(after)).toEqual(expected.filter((chain) => chain.length > 0))
      }),
    )
  })

  test('a path that some cells lack has no value there', () => {
    const models: readonly Json[] = [{ kind: 'linear' }, { kind: 'product', depth: 2 }, { kind: 'product', depth: 3 }]
    const combination = combineFactors([{ path: 'model', levels: models }], design.parse({ kind: 'grid' }), { key })
    const studyOf = ({ values: [model = null] }: DesignCell): Json => ({ model })
    const indices = (texts: readonly string[]) =>
      kept(combination, texts, studyOf).cells.map(({ values: [model = null] }) => models.indexOf(model))
    expect(indices(['model.depth == 2'])).toEqual([1])
    expect(indices(['model.depth != 2'])).toEqual([0, 2])
    expect(indices(["model.kind == 'linear' or model.depth > 2"])).toEqual([0, 2])
  })

  test.each([
    [['a < 0'], 'constraints: expected at least one cell to be left, got none of 12; constraints[0] holds in none'],
    [['a > 0', 'b > 9'], 'constraints: expected at least one cell to be left, got none of 12; constraints[1] holds in none'],
    [['a < 2', 'a > 2'], 'constraints: expected at least one cell to be left, got none of 12; no cell fulfils all of them together'],
    [['a < 9', 'a == 1 or ab == 2'], 'constraints[1]: column 11: unknown path ab; did you mean a?'],
    [['a <'], 'constraints[0]: column 4: expected a number, a text, a path or (, got the end'],
    [['a + b'], 'constraints[0]: column 1: expected a + b to be true or false, got 2'],
  ])('%j is refused: %s', (texts, sentence) => {
    expect(() => kept(grid, texts)).toThrow(new Refusal('invalid-input', sentence))
  })

  test('in a study they are a list of texts that can be read', () => {
    expect(constraints.safeParse(['a < 1', 'not b']).success).toBe(true)
    expect(constraints.safeParse(['a < ']).success).toBe(false)
    expect(constraints.safeParse('a < 1').success).toBe(false)
  })
})
