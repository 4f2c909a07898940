import { describe, expect, test } from 'vitest'
import { comparison } from '#core/contract/comparison.ts'
import { survival } from '#core/contract/survival.ts'
import { runCompare, type CompareRequest, type SurvivalRequest } from './compare.ts'

const request: CompareRequest = {
  factor: 'model',
  metric: 'loss',
  levels: [
    { label: 'a', value: 'a', runs: [1, 2, 3].map((value) => ({ run: `a${value}`, value, isStopped: false })) },
    { label: 'b', value: 'b', runs: [4, Number.NaN, 6].map((value, i) => ({ run: `b${i}`, value, isStopped: false })) },
  ],
  key: [1, 2],
}

const times: SurvivalRequest = {
  quantity: 'time',
  factor: 'model',
  metric: 'loss',
  rule: 'at-most',
  limit: 0.1,
  resolution: 5,
  levels: [{ label: 'a', value: 'a', after: 0, unseen: 0, runs: [5, 10, 15].map((time) => ({ run: `a${time}`, time, end: 'event' })) }],
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

  test('gives times until an event to a request that asks for them, and refuses one that is none', async () => {
    const compared = survival.parse((await runCompare({ kind: 'compare', request: times })).comparison)
    expect(compared.levels.map(({ median }) => median.time)).toEqual([10])
    for (const broken of [
      { ...times, resolution: 'x' },
      { ...times, quantity: 'space' },
      { ...times, levels: [] },
    ])
      await expect(runCompare({ kind: 'compare', request: broken })).rejects.toMatchObject({ code: 'invalid-input' })
  })
})
