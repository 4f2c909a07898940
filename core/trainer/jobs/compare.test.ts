import { describe, expect, test } from 'vitest'
import { comparison } from '#core/contract/comparison.ts'
import { runCompare, type CompareRequest } from './compare.ts'

const request: CompareRequest = {
  factor: 'model',
  metric: 'loss',
  levels: [
    { label: 'a', value: 'a', runs: [1, 2, 3].map((value) => ({ run: `a${value}`, value })) },
    { label: 'b', value: 'b', runs: [4, Number.NaN, 6].map((value, i) => ({ run: `b${i}`, value })) },
  ],
  key: [1, 2],
}

describe('the compare job', () => {
  test('gives a comparison of the contract, with diverged runs counted and left out', async () => {
    const result = await runCompare({ kind: 'compare', request })
    const compared = comparison.parse(result.comparison)
    expect(compared.levels.map(({ mean, n, diverged }) => [mean, n, diverged])).toEqual([
      [2, 3, 0],
      [5, 2, 1],
    ])
    expect(compared.levels[1]?.difference?.value).toBe(3)
  })

  test('refuses a request that is none, with the field', async () => {
    await expect(runCompare({ kind: 'compare', request: { ...request, key: [1] } })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('compare.key'),
    })
    await expect(runCompare({ kind: 'compare', request: { ...request, levels: [] } })).rejects.toMatchObject({ code: 'invalid-input' })
  })
})
