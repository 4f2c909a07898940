/** 8.9, E6 and 8.10: products under label noise, many replicates in one stack, trained by the ordinary program in float32 on wasm. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import { criticalLearningRate, predictedCollapse, sgdExponents } from '#core/symmetry/oracles/sgdThresholds.ts'
import { meanOracleFor } from '#core/symmetry/predictions/registry.ts'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { followFactors, meanProduct } from './factors.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

const repeated = (fields: readonly Fields[], replicates: number) => fields.flatMap((one) => Array.from({ length: replicates }, () => one))

describe('8.9: label noise alone kills a product', () => {
  // E6: y = .1 ± 1, no decay, starts of .05·N(0, 1)
  const product = { law: 'binary', mean: 0.1, deviation: 1, weightDecay: 0 } as const
  const critical = criticalLearningRate(product)
  const rate = (share: number) => share * (critical === 'none' ? Number.NaN : critical)
  const at = (share: number, std = 1) => ({
    model: { kind: 'product-linear', init: { std: 0.05 } },
    data: { kind: 'scalar', target: 0.1 },
    noise: { label: { kind: 'binary', std } },
    optimiser: { kind: 'sgd', learningRate: rate(share) },
  })
  const replicates = 100

  test('above the critical learning rate, and not below it nor without noise', () => {
    expect(critical).toBeAllclose(0.1010101, { absolute: 5e-8 })
    const lanes = lanesOf(repeated([at(0.5), at(1.6), at(1.6, 0)], replicates))
    let collapsed: boolean[] = []
    followFactors(lanes, { steps: 10_000, every: 10_000 }, ({ u, w }) => {
      collapsed = lanes.map((_, r) => Math.abs(u[r] ?? Number.NaN) + Math.abs(w[r] ?? Number.NaN) < 1e-6)
    })
    const fraction = (group: number) => collapsed.slice(group * replicates, (group + 1) * replicates).filter(Boolean).length / replicates
    // Accepted in E6: ≤ .01 (predicted 2e-6) and ≥ .99
    expect(predictedCollapse({ mean: 0.1, deviation: 1 }, rate(0.5), 1e-6).fraction).toBeLessThan(1e-5)
    expect(predictedCollapse({ mean: 0.1, deviation: 1 }, rate(1.6), 1e-6).fraction).toBe(1)
    expect(fraction(0)).toBeLessThanOrEqual(0.01)
    expect(fraction(1)).toBeGreaterThanOrEqual(0.99)
    expect(fraction(2)).toBe(0)
  })
  test('with the Lyapunov exponent Λ = ½log((1 + 2λm)² − 4λ²s²) of its law', () => {
    const lanes = lanesOf(repeated([at(1.6)], replicates))
    const logs: number[] = []
    followFactors(lanes, { steps: 1_500, every: 300 }, ({ u, w }) => {
      logs.push(lanes.reduce((sum, _, r) => sum + Math.log(Math.abs((u[r] ?? Number.NaN) + (w[r] ?? Number.NaN))), 0) / replicates)
    })
    const slope = ((logs[4] ?? Number.NaN) - (logs[0] ?? Number.NaN)) / 1_200
    const { sum } = sgdExponents(product, rate(1.6))
    expect(sum).toBeAllclose(-0.01978, { absolute: 5e-7 })
    // four standard errors of a walk of step 2λs = .323 over 1,200 steps and 100 replicates: 4 · .323/√120000
    expect(slope).toBeAllclose(sum, { absolute: 3.8e-3 })
  })
})

describe('8.10: noise and decay add up to one threshold', () => {
  const gaussian = (std: number) => ({ label: { kind: 'gaussian', std } })
  const sgd = (learningRate: number) => ({ kind: 'sgd', learningRate })
  const one = { data: { kind: 'scalar', target: 1 }, initialValues: { u: 0.9, w: 0.7 } }

  /** E[v] as 400 replicates of 20,000 steps have it, and the program's own prediction of it. */
  function means(fields: Fields): { readonly measured: number; readonly predicted: number | undefined } {
    const lanes = lanesOf(repeated([{ ...one, ...fields }], 400))
    const [{ study, data, constants, prediction }] = lanes as [(typeof lanes)[0]] // there are some
    expect(prediction).toBeNull() // no run ends at its mean
    const said = meanOracleFor(study)?.predict({ trained: study, data: data.train, constants })
    return { measured: meanProduct(lanes, 20_000), predicted: said?.vector[0] }
  }

  // Origin: theory.md 8.10: tolerance .02 for a noise threshold λs²/B ≤ .4: the stated bias and four standard errors
  test.each<[string, number, Fields]>([
    ['λ = .01, s = 2', 0.96, { noise: gaussian(2), optimiser: sgd(0.01) }],
    ['λ = .01, s = 4, γ = .2', 0.64, { noise: gaussian(4), optimiser: sgd(0.01), regularisation: { weightDecay: 0.2 } }],
    [
      'λ = .005, m = .5, s = 8, γ = .1',
      0.08,
      { data: { kind: 'scalar', target: 0.5 }, noise: gaussian(8), optimiser: sgd(0.005), regularisation: { weightDecay: 0.1 } },
    ],
  ])('%s: E[v] = %d', (_, expected, fields) => {
    const { measured, predicted } = means(fields)
    expect(predicted).toBeAllclose(expected)
    expect(measured).toBeAllclose(expected, { absolute: 0.02 })
  })
})
