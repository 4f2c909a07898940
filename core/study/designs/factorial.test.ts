import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { factorial } from './factorial.ts'
import { grid } from './grid.ts'
import type { Levels } from './levels.ts'

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 })
type Factors = Readonly<Record<string, Levels>>
const factorsOf = (factors: Factors) => Object.entries(factors).map(([path, levels]) => ({ path, levels }))
const combine = (factors: Factors, settings: object = {}) =>
  factorial.combine(factorsOf(factors), factorial.settings.parse({ kind: 'factorial', ...settings }), key)
const ints = (count: number) => Array.from({ length: count }, (_, i) => i)
const pairs = (k: number): Factors => Object.fromEntries(ints(k).map((i) => [`f${i}`, [-1, 1]]))
const signs = (k: number, generators: readonly string[]) => combine(pairs(k), { generators }).cells.map(({ values }) => values.map(Number))
const productOf = (row: readonly number[], columns: readonly number[]) => columns.reduce((p, i) => p * (row[i] ?? Number.NaN), 1)
const subsets = (k: number) => ints(2 ** k).map((mask) => ints(k).filter((i) => (mask >> i) % 2 === 1))
/** The resolution by its meaning: the fewest factors whose product is the same in every cell. */
const resolution = (rows: readonly (readonly number[])[], k: number) => {
  const constant = subsets(k).filter((set) => set.length > 0 && new Set(rows.map((row) => productOf(row, set))).size === 1)
  return Math.min(Infinity, ...constant.map(({ length }) => length))
}

describe('a full factorial', () => {
  test('is the grid', () => {
    const factors: Factors = { a: ['low', 'high'], b: [0.1, 0.2], c: [{ kind: 'x' }, { kind: 'y' }] }
    expect(combine(factors).cells).toEqual(grid.combine(factorsOf(factors), { kind: 'grid' }, key).cells)
    expect(combine(factors).facts).toEqual([
      { en: 'Full factorial: every effect can be told apart', ja: '完全実施要因計画:すべての効果を区別できる' },
    ])
    expect(combine({}).cells).toEqual([{ values: [], branch: null }])
  })

  test('may have a centre, midway between the levels', () => {
    const factors: Factors = { a: [0.1, 0.3], b: [1e-4, 1e-2] }
    const last = (centre: string) => combine(factors, { centre }).cells.at(-1)?.values
    expect(last('arithmetic')).toEqual([0.2, 0.00505])
    expect(last('geometric')).toEqual([0.173205080756888, 0.001]) // √0.03 to 15 digits
    expect(combine(factors, { centre: 'geometric' }).cells).toHaveLength(5)
    expect(combine({ a: [1.5e308, 1.7e308] }, { centre: 'arithmetic' }).cells[2]?.values).toEqual([1.6e308])
  })
})

describe('a fractional factorial', () => {
  // Resolutions and relations follow from the products of the generators' words; the middle column is found again from the cells alone.
  test.each<[number, string[], string, string]>([
    [3, ['C=AB'], 'III', 'I = ABC'],
    [4, ['D=ABC'], 'IV', 'I = ABCD'],
    [4, [' D = - A B C '], 'IV', 'I = -ABCD'],
    [5, ['E=ABCD'], 'V', 'I = ABCDE'],
    [5, ['D=AB', 'E=AC'], 'III', 'I = ABD = ACE = BCDE'],
    [6, ['E=ABC', 'F=BCD'], 'IV', 'I = ABCE = BCDF = ADEF'],
    [6, ['E=ABC', 'F=-BCD'], 'IV', 'I = ABCE = -BCDF = -ADEF'],
    [7, ['D=AB', 'E=AC', 'F=BC', 'G=ABC'], 'III', ''],
    [8, ['E=BCD', 'F=ACD', 'G=ABC', 'H=ABD'], 'IV', ''],
    [8, ['G=ABCD', 'H=ABEF'], 'V', 'I = ABCDG = ABEFH = CDEFGH'],
    [9, ['J=ABCDEFGH'], 'IX', 'I = ABCDEFGHJ'],
  ])('of %i factors with %j has resolution %s', (k, generators, roman, relation) => {
    const { facts } = combine(pairs(k), { generators })
    const [stated, words] = facts[0]?.en.split(': ') ?? []
    expect(stated).toBe(`Resolution ${roman}`)
    if (relation !== '') expect(words).toBe(relation)
    const rows = signs(k, generators)
    expect(rows).toHaveLength(2 ** (k - generators.length))
    expect(resolution(rows, k)).toBe({ III: 3, IV: 4, V: 5, IX: 9 }[roman])
  })

  test('says which letter is which factor', () => {
    const { facts } = combine({ 'data.noise': [0, 1], 'model.depth': [2, 3], x: [0, 1] }, { generators: ['C=AB'] })
    expect(facts[1]?.en).toBe('A = data.noise, B = model.depth, C = x')
  })

  test('has balanced columns, orthogonal in pairs, and different cells, whatever its generators', () => {
    const generator = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.subarray(ints(6), { minLength: 1 }), fc.constantFrom('', '-'))
    fc.assert(
      fc.property(fc.uniqueArray(generator, { maxLength: 3, selector: ([left]) => left }), (parts) => {
        const basic = ints(6).filter((i) => !parts.some(([left]) => left === i))
        const named = parts.map(([left, right, sign]) => ({
          left: 'ABCDEF'[left] ?? '',
          sign,
          word: right
            .filter((i) => basic.includes(i))
            .map((i) => 'ABCDEF'[i] ?? '')
            .join(''),
        }))
        fc.pre(named.every(({ word }) => word.length >= 2) && new Set(named.map(({ word }) => word)).size === named.length)
        const rows = signs(
          6,
          named.map(({ left, sign, word }) => `${left}=${sign}${word}`),
        )
        for (const i of ints(6)) {
          for (const j of ints(6)) expect(rows.reduce((sum, row) => sum + productOf(row, [i, j]), 0)).toBe(i === j ? rows.length : 0)
          expect(rows.reduce((sum, row) => sum + productOf(row, [i]), 0)).toBe(0)
        }
        expect(new Set(rows.map(String)).size).toBe(rows.length)
        expect(resolution(rows, 6)).toBeGreaterThanOrEqual(3)
      }),
    )
  })
})

describe('refusals', () => {
  test.each<[Factors, object, string]>([
    [{ a: [1, 2, 3] }, {}, 'factors.a: expected 2 levels in a factorial design, got 3'],
    [{ a: [1] }, {}, 'factors.a: expected 2 levels in a factorial design, got 1'],
    [pairs(3), { generators: ['D=AB'] }, 'design.generators[0]: expected a letter of the 3 factors, A to C, got "D"'],
    [pairs(3), { generators: ['C=AA'] }, 'design.generators[0]: expected each factor once, got "C=AA"'],
    [
      pairs(3),
      { generators: ['C=A'] },
      'design.generators[0]: expected a product of 2 factors or more, since one makes two factors the same, got "C=A"',
    ],
    [pairs(4), { generators: ['C=AB', 'D=-AB'] }, 'design.generators[1]: expected a product that no other generator has, got "D=-AB"'],
    [pairs(4), { generators: ['C=AB', 'C=AD'] }, 'design.generators[1]: expected a factor that no generator has set, got "C=AD"'],
    [pairs(4), { generators: ['C=AB', 'D=AC'] }, 'design.generators[0]: expected products of factors that no generator sets, got "C=AB"'],
    [{ a: ['x', 'y'] }, { centre: 'arithmetic' }, 'factors.a: expected numbers as levels where the design has a centre, got ["x","y"]'],
    [{ a: [0, 1] }, { centre: 'geometric' }, 'factors.a: expected levels > 0 where the centre is geometric, got [0,1]'],
    [pairs(26), {}, 'factors: expected at most 25 in a factorial design, got 26'],
    [pairs(17), {}, 'factors: expected at most 100000 cells before constraints, got 131072'],
  ])('%j with %j', (factors, settings, sentence) => {
    expect(() => combine(factors, settings)).toThrow(new Refusal('invalid-input', sentence))
  })

  test.each(['', 'D', 'D=', 'D= ', 'D=A+B', 'd=ab', 'I=AB', 'DE=AB', 'C==AB', 'C=--AB'])('%j is no generator', (text) => {
    expect(factorial.settings.safeParse({ kind: 'factorial', generators: [text] }).success).toBe(false)
  })
})
