import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Json } from '#core/contract/values.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { constraints } from './constraints.ts'
import type { DesignFactor } from './design.ts'
import { levels } from './levels.ts'
import { combineFactors, design, designKinds } from './registry.ts'

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 })

test.each(Object.entries(designKinds))('%s: its row has its name and both titles', (name, kind) => {
  expect(kind.kind).toBe(name)
  expect(kind.title.en).not.toBe(kind.title.ja)
})

test.each([
  { kind: 'grid' },
  { kind: 'factorial' },
  { kind: 'random', cells: 4 },
  { kind: 'latin-hypercube', cells: 4 },
  { kind: 'continuation', factor: 'b' },
])('$kind: no two cells are equal, each has a value for each factor, and the same arguments give the same cells', (settings) => {
  const isCube = settings.kind === 'latin-hypercube'
  const factors: DesignFactor[] = [
    { path: 'a', levels: ['x', 'y'] },
    { path: 'b', levels: isCube ? { logUniform: { from: 0.1, to: 1 } } : { logRange: { from: 0.1, to: 1, count: 2 } } },
  ]
  const { cells } = combineFactors(factors, design.parse(settings), { key })
  expect(cells).toHaveLength(4)
  expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(4)
  expect(cells.every(({ values }) => values.length === 2)).toBe(true)
  expect(combineFactors(factors, design.parse(settings), { key }).cells).toEqual(cells)
})

test('bisection: both ends of every combination of the other factors, and the levels asked of each, rising', () => {
  const settings = { kind: 'bisection', factor: 'b', from: 0, to: 1, precision: 0.1, above: { metric: 'loss', atMost: 1 } }
  const combine = (more: { asked?: (others: readonly Json[]) => readonly number[] }) =>
    combineFactors([{ path: 'a', levels: ['x', 'y'] }], design.parse(settings), { key, ...more }).cells.map(({ values }) => values)
  expect(combine({})).toEqual([
    ['x', 0],
    ['x', 1],
    ['y', 0],
    ['y', 1],
  ])
  expect(combine({ asked: ([a]) => (a === 'y' ? [1, 0.5, 0.25] : []) })).toEqual([
    ['x', 0],
    ['x', 1],
    ['y', 0],
    ['y', 0.25],
    ['y', 0.5],
    ['y', 1],
  ])
})

test('editors get a schema of designs, levels and constraints', () => {
  const [designs, written] = [design, levels, constraints].map((schema) => JSON.stringify(z.toJSONSchema(schema, { io: 'input' })))
  for (const kind of Object.keys(designKinds)) expect(designs).toContain(`"const":"${kind}"`)
  expect(written).toContain('logUniform')
})
