/**
 * The levels of one factor walked in order, each started warm, from the parameters where the level before it ended: what shows hysteresis.
 * All other factors are crossed, and every combination of theirs is a walk of its own.
 *
 * `up` is the order in which the levels are written, `down` the reverse, `both` up and then down, with the last level at the head of the way
 * down too, so that both branches have every level. A level met on both is two cells, told apart by `branch`: they differ in where they come from.
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { combinationCount, requireCells, type DesignCell, type DesignKind } from './design.ts'
import { product } from './grid.ts'
import { expandLevels } from './levels.ts'

const settings = z.strictObject({
  kind: z.literal('continuation'),
  factor: z.string().min(1).describe('path of the factor that is walked'),
  direction: z
    .enum(['up', 'down', 'both'])
    .default('up')
    .describe('up: in the order of its levels; down: in the reverse; both: up, then down'),
  kick: z.number().min(0).optional().describe('added to every parameter at the start of each level but the first, to leave a saddle'),
})

export const continuation: DesignKind<typeof settings> = {
  kind: 'continuation',
  title: { en: 'Continuation', ja: '連続追跡' },
  settings,
  combine(factors, { factor, direction }) {
    const lists = factors.map(({ path, levels }) => expandLevels(path, levels))
    const walked = factors.findIndex(({ path }) => path === factor)
    const levels = lists[walked]
    if (levels === undefined) {
      const known = factors.length === 0 ? 'none' : factors.map(({ path }) => path).join(', ')
      throw new Refusal('invalid-input', `design.factor: expected a factor of the study, got ${quote(factor)}; factors are ${known}`)
    }
    const way = wayOf(levels, direction)
    const others = lists.filter((_, i) => i !== walked)
    requireCells(combinationCount([...others, way]))
    const combinations = product(others)
    const cells = combinations.flatMap((values) =>
      way.map(({ value, branch }): DesignCell => ({ values: values.toSpliced(walked, 0, value), branch })),
    )
    const chains = combinations.map((_, chain) => way.map((_, step) => chain * way.length + step))
    return { cells, chains, facts: [] }
  },
}

type Step = { readonly value: Json; readonly branch: 'up' | 'down' }

function wayOf(levels: readonly Json[], direction: 'up' | 'down' | 'both'): Step[] {
  const up = levels.map((value): Step => ({ value, branch: 'up' }))
  const down = levels.toReversed().map((value): Step => ({ value, branch: 'down' }))
  switch (direction) {
    case 'up':
      return up
    case 'down':
      return down
    case 'both':
      return [...up, ...down]
  }
}
