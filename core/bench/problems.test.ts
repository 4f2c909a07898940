import { describe, expect, test } from 'vitest'
import { problems } from './problems.ts'

describe.each(problems)('$name', ({ runs, steps, studies }) => {
  const levelsOf = (parts: number) =>
    studies(parts).map(({ overrides = [] }) => {
      const factors = overrides.find((one) => one.startsWith('factors=')) ?? ''
      return (JSON.parse(factors.slice('factors='.length)) as Record<string, number[]>)['regularisation.weightDecay'] ?? [] // written so by the problem
    })
  test('deals its levels out to studies beside each other, none lost and none twice', () => {
    const whole = levelsOf(1).flat()
    expect(whole).toHaveLength(8)
    for (const parts of [2, 3]) expect(levelsOf(parts).flat().toSorted()).toEqual(whole.toSorted())
    expect(new Set(studies(2).map(({ overrides = [] }) => overrides[0])).size).toBe(2) // names that differ
  })
  test('has as many runs as levels and seeds, and its steps', () => {
    const [{ overrides = [] } = {}] = studies(1)
    const seeds = Number(overrides.find((one) => one.startsWith('seeds.count='))?.slice('seeds.count='.length))
    expect(runs).toBe(8 * seeds)
    expect(overrides).toContain(`training.steps=${steps}`)
  })
})
