/** More rows of 8.10: momentum, batches and another scale of the loss; as `noise.node.test.ts`. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import { meanOracleFor } from '#core/symmetry/predictions/registry.ts'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { meanProduct } from './factors.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

describe('8.10: noise and decay add up to one threshold', () => {
  const gaussian = (std: number) => ({ label: { kind: 'gaussian', std } })
  const sgd = (learningRate: number, more: Fields = {}) => ({ kind: 'sgd', learningRate, ...more })
  const one = { data: { kind: 'scalar', target: 1 }, initialValues: { u: 0.9, w: 0.7 } }

  /** E[v] as 400 replicates of 20,000 steps have it, and the program's own prediction of it. */
  function means(fields: Fields): { readonly measured: number; readonly predicted: number | undefined } {
    const lanes = lanesOf(Array.from({ length: 400 }, () => ({ ...one, ...fields })))
    const [{ study, data, constants, prediction }] = lanes as [(typeof lanes)[0]] // there are some
    expect(prediction).toBeNull() // no run ends at its mean
    const said = meanOracleFor(study)?.predict({ trained: study, data: data.train, constants })
    return { measured: meanProduct(lanes, 20_000), predicted: said?.vector[0] }
  }

  // Origin: theory.md 8.10: tolerance .02 for a noise threshold λs²/B ≤ .4, .03 up to .65: the stated bias and four standard errors
  test.each<[string, number, Fields, number?]>([
    ['momentum .9 at λ/(1 − μ) = .01, s = 4', 0.84, { noise: gaussian(4), optimiser: sgd(0.001, { momentum: 0.9 }) }],
    [
      'λ = .01, s = 8, B = 4',
      0.84,
      { data: { kind: 'inline', x: [[1], [1], [1], [1]], y: [[1], [1], [1], [1]] }, noise: gaussian(8), optimiser: sgd(0.01) },
    ],
    [
      'half the squares, η = 3/1024, s = 10',
      1 - (0.5 * 3 * 100) / 1024,
      { loss: { kind: 'mse', scale: 0.5 }, noise: gaussian(10), optimiser: sgd(3 / 1024) },
    ],
    [
      'half the squares, η = 3/1024, s = 20',
      1 - (0.5 * 3 * 400) / 1024,
      { loss: { kind: 'mse', scale: 0.5 }, noise: gaussian(20), optimiser: sgd(3 / 1024) },
      0.03,
    ],
    [
      'λ = .005, m = .5, s = 11, γ = .1',
      0,
      { data: { kind: 'scalar', target: 0.5 }, noise: gaussian(11), optimiser: sgd(0.005), regularisation: { weightDecay: 0.1 } },
      0.03,
    ],
  ])('%s: E[v] = %d', (_, expected, fields, absolute = 0.02) => {
    const { measured, predicted } = means(fields)
    expect(predicted).toBeAllclose(expected)
    expect(measured).toBeAllclose(expected, { absolute })
  })
})
