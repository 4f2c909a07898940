/** Every combination of the levels; the last factor runs fastest. No factors make one cell. */
import { z } from 'zod'
import type { Json } from '#core/contract/values.ts'
import { combinationCount, independent, requireCells, type DesignKind } from './design.ts'
import { expandLevels } from './levels.ts'

const settings = z.strictObject({ kind: z.literal('grid') })

export const grid: DesignKind<typeof settings> = {
  kind: 'grid',
  title: { en: 'Grid', ja: '全組合せ' },
  settings,
  combine: (factors) => independent(product(factors.map(({ path, levels }) => expandLevels(path, levels)))),
}

/** Every choice of one item from each list, the last list running fastest. Fails: 'invalid-input' for too many. */
export function product(lists: readonly (readonly Json[])[]): Json[][] {
  requireCells(combinationCount(lists))
  return lists.reduce<Json[][]>((cells, list) => cells.flatMap((cell) => list.map((value) => [...cell, value])), [[]])
}
