/**
 * A number of cells drawn at random, no two equal: each factor's value from its list or its interval, every one as likely.
 *
 * The first n cells of a longer design are the design of n, so that cells can be added later. With lists alone and at most 2²⁰ combinations the
 * cells are the start of a random order of all; otherwise each factor draws from a key of its own and a cell met before is drawn again.
 * Source: Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.
 */
import { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { drawUniform, permutation } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { combinationCount, independent, mostCells, type DesignFactor, type DesignKind } from './design.ts'
import { expandLevels, intervalOf, valueAt } from './levels.ts'

const settings = z.strictObject({
  kind: z.literal('random'),
  cells: z.int().min(1).max(mostCells).describe('how many cells to draw'),
})

const mostOrdered = 2 ** 20 // combinations that are put in order; among more, 100,000 draws rarely meet twice
const mostRepeats = 100 // draws for each wanted cell before a design is called too narrow

export const random: DesignKind<typeof settings> = {
  kind: 'random',
  title: { en: 'Random', ja: 'ランダム' },
  settings,
  combine(factors, { cells: count }, key) {
    const lists = factors.map(({ path, levels }) => (intervalOf(levels) === null ? expandLevels(path, levels) : null))
    const known = lists.filter((list) => list !== null)
    const isListed = known.length === factors.length
    const combinations = isListed ? combinationCount(known) : Infinity
    if (count > combinations) {
      throw new Refusal('invalid-input', `design.cells: expected at most ${combinations}, all combinations of the levels, got ${count}`)
    }
    if (combinations <= mostOrdered) {
      const order = permutation(split(key, 'random/order'), combinations).subarray(0, count)
      return independent(Array.from(order, (index) => combinationAt(known, index)))
    }
    return independent(drawDifferent(factors.map(sourceOf(key, lists)), count))
  },
}

/** Combination number `index` of all, the last list running fastest. */
function combinationAt(lists: readonly (readonly Json[])[], index: number): Json[] {
  const values: Json[] = []
  let rest = index
  for (const list of lists.toReversed()) {
    values.unshift(list[rest % list.length] ?? null)
    rest = Math.floor(rest / list.length)
  }
  return values
}

/** A factor's value at a draw's number. Each factor has its own key, so that one more factor leaves the draws of the others. */
function sourceOf(key: Key, lists: readonly (readonly Json[] | null)[]): (factor: DesignFactor, i: number) => (draw: number) => Json {
  return ({ path, levels }, i) => {
    const own = split(key, `random/factor/${path}`)
    const part = (draw: number): number => drawUniform(own, 1, draw)[0] ?? 0
    const interval = intervalOf(levels)
    if (interval !== null) return (draw) => valueAt(interval, part(draw))
    const list = lists[i] ?? []
    return (draw) => list[Math.floor(part(draw) * list.length)] ?? null // at most 10,000 levels: the bias is below 2⁻³⁹
  }
}

function drawDifferent(sources: readonly ((draw: number) => Json)[], count: number): Json[][] {
  const cells = new Map<string, Json[]>()
  for (let draw = 0; cells.size < count; draw += 1) {
    if (draw >= mostRepeats * count) {
      throw new Refusal(
        'invalid-input',
        `design.cells: expected factors with as many different values, got ${cells.size} cells of ${count}`,
      )
    }
    const cell = sources.map((source) => source(draw))
    const text = canonicalJson(cell)
    if (!cells.has(text)) cells.set(text, cell)
  }
  return [...cells.values()]
}
