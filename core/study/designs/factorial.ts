/**
 * Two levels of every factor: all 2ᵏ combinations, or the 2ᵏ⁻ᵖ of them that p generators leave.
 *
 * Factors are called A, B, C … in their order, without I, which is the identity. In units −1 (first level) and +1 (second level) a generator
 * `E=ABC` sets E to the product of A, B, C; `E=-ABC` takes the other half. Each generator G = W makes GW = I; the products of these words are the
 * defining relation, and the resolution is the length of its shortest word: at III main effects are mixed with interactions of two factors,
 * at IV only with those of three, at V interactions of two with those of three.
 * Source: Box and Hunter, "The 2^(k−p) fractional factorial designs", Technometrics 3, 1961.
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Json, Words } from '#core/contract/values.ts'
import { independent, requireCells, type DesignFactor, type DesignKind } from './design.ts'
import { expandLevels } from './levels.ts'

const letters = 'ABCDEFGHJKLMNOPQRSTUVWXYZ' // without I

const settings = z.strictObject({
  kind: z.literal('factorial'),
  generators: z
    .array(
      z
        .string()
        .max(100)
        .regex(/^\s*[A-HJ-Z]\s*=\s*-?\s*[A-HJ-Z][A-HJ-Z\s]*$/, {
          error: 'expected a generator such as E=ABC or E=-ABC, without the letter I',
        }),
    )
    .default([])
    .describe('such as E=ABC: factors are A, B, C … in their order, without I'),
  centre: z
    .enum(['none', 'arithmetic', 'geometric'])
    .default('none')
    .describe('one more cell, midway between the two levels of every factor, to see curvature'),
})

/** `letter` = sign · the product of the factors in `mask`, a bit for each. */
type Generator = { readonly factor: number; readonly mask: number; readonly sign: 1 | -1 }

/** A product of factors that equals +1 or −1 in every cell. */
type Relation = { readonly mask: number; readonly sign: 1 | -1 }

export const factorial: DesignKind<typeof settings> = {
  kind: 'factorial',
  title: { en: 'Two-level factorial', ja: '二水準要因計画' },
  settings,
  combine(factors, { generators: written, centre }) {
    if (factors.length > letters.length) {
      throw new Refusal('invalid-input', `factors: expected at most ${letters.length} in a factorial design, got ${factors.length}`)
    }
    const pairs = factors.map(pairOf)
    const generators = readGenerators(written, factors.length)
    const basic = factors.map((_, i) => i).filter((i) => generators.every(({ factor }) => factor !== i))
    requireCells(2 ** basic.length)
    const relations = definingRelation(generators)
    const corners = signsOf({ basic, generators, factorCount: factors.length })
    const cells = corners.map((signs) => pairs.map(([low, high], i) => (signs[i] === 1 ? high : low)))
    const middle = centre === 'none' ? [] : [factors.map((factor, i) => midway(factor, pairs[i], centre))]
    return independent([...cells, ...middle], factsOf(factors, relations))
  },
}

function pairOf({ path, levels }: DesignFactor): readonly [Json, Json] {
  const [low, high, ...more] = expandLevels(path, levels)
  if (low !== undefined && high !== undefined && more.length === 0) return [low, high]
  const got = low === undefined ? 0 : high === undefined ? 1 : 2 + more.length
  throw new Refusal('invalid-input', `factors.${path}: expected 2 levels in a factorial design, got ${got}`)
}

function readGenerators(written: readonly string[], factorCount: number): Generator[] {
  const generators = written.map((text, i): Generator => {
    const [left = '', right = ''] = text.replace(/\s/g, '').split('=')
    const factors = [...right.replace('-', '')]
    const unknown = [left, ...factors].find((letter) => letters.indexOf(letter) >= factorCount)
    if (unknown !== undefined) throw refusal(i, `a letter of the ${factorCount} factors, ${nameRange(factorCount)}`, unknown)
    if (new Set(factors).size < factors.length) throw refusal(i, 'each factor once', text)
    const mask = factors.reduce((sum, letter) => sum + bit(letters.indexOf(letter)), 0)
    return { factor: letters.indexOf(left), mask, sign: right.startsWith('-') ? -1 : 1 }
  })
  for (const [i, { factor, mask }] of generators.entries()) {
    const text = written[i] ?? ''
    if (generators.findIndex((other) => other.factor === factor) < i) throw refusal(i, 'a factor that no generator has set', text)
    if (generators.some(({ mask }) => hasBit(mask, factor))) throw refusal(i, 'products of factors that no generator sets', text)
    if (lengthOf(mask) < 2) throw refusal(i, 'a product of 2 factors or more, since one makes two factors the same', text)
    if (generators.findIndex((other) => other.mask === mask) < i) throw refusal(i, 'a product that no other generator has', text)
  }
  return generators
}

function refusal(i: number, rule: string, got: string): Refusal {
  return new Refusal('invalid-input', `design.generators[${i}]: expected ${rule}, got ${quote(got)}`)
}

function nameRange(factorCount: number): string {
  return factorCount === 0 ? 'none' : factorCount === 1 ? 'A' : `A to ${letters[factorCount - 1]}`
}

/**
 * All products of the generators' words; 2ᵖ − 1 of them. Their lengths are at least 3: each word has 3 letters, two words that differ in more than
 * their generated factors leave 3, and a product of more has a generated factor for each.
 */
function definingRelation(generators: readonly Generator[]): Relation[] {
  return generators
    .map(({ factor, mask, sign }): Relation => ({ mask: mask + bit(factor), sign }))
    .reduce<Relation[]>((all, word) => [...all, word, ...all.map((other) => times(word, other))], [])
}

/** Letters that two words share cancel: a square is +1. */
function times(a: Relation, b: Relation): Relation {
  return { mask: a.mask ^ b.mask, sign: a.sign === b.sign ? 1 : -1 }
}

/** The length of the shortest word; ∞ for a full design. */
function resolutionOf(relations: readonly Relation[]): number {
  return relations.reduce((least, { mask }) => Math.min(least, lengthOf(mask)), Infinity)
}

/** The signs of every cell, one for each factor, the last basic factor running fastest. */
function signsOf(design: { basic: readonly number[]; generators: readonly Generator[]; factorCount: number }): (1 | -1)[][] {
  const { basic, generators, factorCount } = design
  return Array.from({ length: 2 ** basic.length }, (_, cell) => {
    const signs = new Array<1 | -1>(factorCount).fill(-1)
    for (const [place, factor] of basic.entries()) if (hasBit(cell, basic.length - 1 - place)) signs[factor] = 1
    for (const { factor, mask, sign } of generators) {
      const lows = signs.filter((value, i) => hasBit(mask, i) && value === -1).length
      signs[factor] = lows % 2 === 0 ? sign : sign === 1 ? -1 : 1
    }
    return signs
  })
}

function midway({ path }: DesignFactor, pair: readonly [Json, Json] | undefined, centre: 'arithmetic' | 'geometric'): number {
  const [low, high] = pair ?? []
  if (typeof low !== 'number' || typeof high !== 'number') {
    throw new Refusal(
      'invalid-input',
      `factors.${path}: expected numbers as levels where the design has a centre, got ${quote([low, high])}`,
    )
  }
  if (centre === 'arithmetic') return Number((low / 2 + high / 2).toPrecision(15)) // halves do not overflow; 15 digits drop the rounding
  if (low > 0 && high > 0) return Number((Math.sqrt(low) * Math.sqrt(high)).toPrecision(15))
  throw new Refusal('invalid-input', `factors.${path}: expected levels > 0 where the centre is geometric, got ${quote([low, high])}`)
}

const mostWords = 15 // of a defining relation that are shown; p = 4 has as many

function factsOf(factors: readonly DesignFactor[], relations: readonly Relation[]): Words[] {
  const names = factors.map(({ path }, i) => `${letters[i]} = ${path}`).join(', ')
  if (relations.length === 0)
    return [{ en: `Full factorial: every effect can be told apart`, ja: '完全実施要因計画:すべての効果を区別できる' }]
  const resolution = roman(resolutionOf(relations))
  const shortest = relations.toSorted((a, b) => lengthOf(a.mask) - lengthOf(b.mask)).slice(0, mostWords)
  const words = `I = ${shortest.map(wordOf).join(' = ')}${relations.length > mostWords ? ' = …' : ''}`
  return [
    { en: `Resolution ${resolution}: ${words}`, ja: `分解能 ${resolution}:${words}` },
    { en: names, ja: names },
  ]
}

function wordOf({ mask, sign }: Relation): string {
  return `${sign === -1 ? '-' : ''}${lettersOf(mask)}`
}

/** How many factors a word has. */
function lengthOf(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1
  return count
}

function lettersOf(mask: number): string {
  return [...letters].filter((_, i) => hasBit(mask, i)).join('')
}

function bit(place: number): number {
  return 1 << place // at most 25 places
}

function hasBit(mask: number, place: number): boolean {
  return (mask & bit(place)) !== 0
}

function roman(value: number): string {
  const tens = 'X'.repeat(Math.floor(value / 10))
  return tens + (['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX'][value % 10] ?? '')
}
