import { describe, expect, test } from 'vitest'
import type { Coefficients } from '#core/contract/index.ts'
import { aStudy, byId, eightRuns } from '../../testing/fixtures.ts'
import type { HeldLevel } from './curvesData.ts'
import { pathData, pathFactors } from './pathData.ts'

const study = aStudy()
const [factor] = pathFactors(study)
const vector = (run: string, measured: number, predicted: number | null): Coefficients => ({
  run,
  names: ['bmi'],
  measured: Float64Array.of(measured),
  predicted: predicted === null ? null : Float64Array.of(predicted),
  margin: null,
})

function path(coefficients: readonly Coefficients[], held: HeldLevel | null = null) {
  if (factor === undefined) throw new Error('the fixture has an ordered factor of numbers')
  return pathData({ study, factor, coefficients, runs: byId(eightRuns()), predictions: [], held })
}

describe('pathData', () => {
  test('goes along ordered factors of numbers only', () => {
    expect(pathFactors(study).map(({ path: of }) => of)).toEqual(['regularisation.weightDecay'])
  })

  test('runs without a theory are left out where others have one', () => {
    const data = path([vector('0.1-product-linear-0', 3, 3), vector('0.1-linear-0', 9, null)])
    expect(data.n).toBe(1)
    expect(data.coefficients).toEqual([{ name: 'bmi', measured: [{ level: 0.1, value: 3 }], predicted: [{ level: 0.1, value: 3 }] }])
  })

  test('where no run has a theory all are drawn', () => {
    expect(path([vector('0.1-linear-0', 9, null), vector('0.2-linear-0', 8, null)]).n).toBe(2)
  })

  test('theory is one point a level, in the order of the levels', () => {
    const data = path([vector('0.2-product-linear-0', 1, 4), vector('0.1-product-linear-0', 1, 2), vector('0.1-product-linear-1', 1, 6)])
    expect(data.coefficients[0]?.predicted).toEqual([
      { level: 0.1, value: 4 },
      { level: 0.2, value: 4 },
    ])
  })

  test('a model and its control share no path: the held level alone is drawn, with its own theory', () => {
    const both = [vector('0.1-product-linear-0', 0, 0), vector('0.1-linear-0', 3, 3)]
    const data = path(both, { factor: 'model', label: 'product-linear' })
    expect(data.n).toBe(1)
    expect(data.coefficients[0]?.predicted).toEqual([{ level: 0.1, value: 0 }])
  })

  test('a run that is not known is not drawn', () => {
    expect(path([vector('elsewhere', 1, 1)]).n).toBe(0)
  })
})
