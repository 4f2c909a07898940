import { describe, expect, test } from 'vitest'
import { readIdx } from '#core/formats/idx.ts'
import { problems } from './problems.ts'

describe.each(problems.filter(({ isSweep }) => isSweep))('$name', ({ runs, steps, studies }) => {
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

describe.each(problems.filter(({ isSweep }) => !isSweep))('$name', ({ runs, files, studies }) => {
  test('is one study of its runs, of the steps and in the folder that it is told', () => {
    const [source, ...more] = studies(1, { steps: 7, folder: '/data' })
    expect(more).toEqual([])
    expect(source?.folder).toBe('/data')
    expect(JSON.parse(source?.text ?? '')).toMatchObject({
      training: { steps: 7, record: { every: 7 } },
      ...(runs > 1 ? { seeds: { count: runs } } : {}),
    })
  })
  test('has files that are arrays of as many items as labels, in ten classes', () => {
    const [items, labels] = Object.entries(files()).map(([name, bytes]) => readIdx(bytes, { name }))
    if (items === undefined || labels === undefined) return expect(files()).toEqual({})
    expect(items.shape[0]).toBe(labels.values.length)
    expect(new Set(Array.from(labels.values, Number)).size).toBe(10)
    expect(new Set(Array.from(items.values, Number)).size).toBeGreaterThan(200) // noise
  })
})

// multiplications of a sample forward, twice for an operation each of products and sums, three times but for the gradient of the data
test.each([
  ['mf-16', 16 * 3 * 2 * 32 * 16 * 32],
  ['e1', 80 * 2 * 2 * 60 * 12],
  ['e5', 40 * 2 * 200 * (2 * 5 * 32 + 3 * 32)],
  ['mlp', 2 * 128 * (2 * 784 * 512 + 3 * 512 * 512 + 3 * 512 * 10)],
  ['conv', 2 * 32 * (2 * 1024 * 27 * 32 + 3 * 256 * (288 * 64 + 576 * 64) + 3 * 16_384 * 10)],
])('%s counts the products of its step', (name, flops) => {
  expect(problems.find((problem) => problem.name === name)?.flops).toBe(flops)
})
