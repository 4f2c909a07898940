import { describe, expect, test } from 'vitest'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { laneParameters, measureOf, vectorOf } from './measure.ts'

expect.extend({ toBeAllclose })

// X = I, n = 2, y = (3, .1): the lasso is soft(y/2, γ) · 2 = (3 − 2γ, 0) for γ ≥ .05
const data = { kind: 'csv', path: 'a,b,y/1,0,3/0,1,0.1', target: 'y', standardise: false }
const fields = (weightDecay: number, more: Fields = {}) => ({
  data,
  regularisation: { weightDecay },
  measure: ['loss', 'norm', 'sparsity', 'oracle-distance', 'zero-agreement', 'mirror-residual'],
  ...more,
})
const lanes = lanesOf([fields(0.25), fields(0.5)])
const state: Readonly<Record<string, ArrayLike<number>>> = {
  'parameter/u': Float32Array.of(1, 0.5, 2, 0),
  'parameter/w': Float32Array.of(2, 2, 1.5, 0.25),
  alive: Uint8Array.of(1, 1),
}
const reading =
  (more: Readonly<Record<string, ArrayLike<number>>> = {}) =>
  (name: string) => {
    const values = { ...state, ...more }[name]
    if (values === undefined) throw new Error(`no state is named ${name}`)
    return values
  }
const valuesOf = (row: number, { step = 1000, of = lanes, more = {} } = {}) => {
  const measure = measureOf(of)
  const values = measure.of({ read: reading(more), step, row })
  return Object.fromEntries(measure.names.map((name, i) => [name, values[i] ?? Number.NaN]))
}

describe('laneParameters', () => {
  test('takes a run out of the stacked arrays', () => {
    const [first, second] = lanes
    if (first === undefined || second === undefined) throw new Error('expected two lanes')
    expect(laneParameters(first, { read: reading(), row: 0 })).toEqual({ u: Float64Array.of(1, 0.5), w: Float64Array.of(2, 2) })
    const parameters = laneParameters(second, { read: reading(), row: 1 })
    expect(parameters).toEqual({ u: Float64Array.of(2, 0), w: Float64Array.of(1.5, 0.25) })
    expect(vectorOf(second, parameters)).toEqual({ names: ['a', 'b'], vector: Float64Array.of(3, 0) })
  })
})

describe('measureOf', () => {
  test('measures each run from its own parameters', () => {
    // v = (2, 1): residuals −1 and .9; the lasso at γ = .25 is (2.5, 0)
    const { loss, ...rest } = valuesOf(0)
    expect(loss).toBeAllclose((1 + 0.81) / 2)
    expect(rest).toMatchObject({
      'coefficient-norm': Math.sqrt(5),
      'oracle-distance': 1,
      'zero-disagreements': 1,
      zeros: 0,
      'exact-zeros': 0,
    })
    expect(valuesOf(0)['parameter-norm']).toBeAllclose(Math.sqrt(1 + 0.25 + 4 + 4))
    // v = (3, 0): residuals 0 and −.1; the lasso at γ = .5 is (2, 0)
    expect(valuesOf(1)['loss']).toBeAllclose(0.01 / 2)
    expect(valuesOf(1)).toMatchObject({ 'oracle-distance': 1, 'zero-disagreements': 0, zeros: 1, 'exact-zeros': 0.5 })
    // u = 0, w = .25 of ‖θ‖² = 4 + 2.25 + .0625
    expect(valuesOf(1)['mirror-residual:rescaling']).toBeAllclose(0.25 / Math.sqrt(6.3125))
  })
  test('a run that has diverged is NaN in every column, and its neighbour is not', () => {
    const more = { alive: Uint8Array.of(0, 1) }
    expect(Object.values(valuesOf(0, { more })).every(Number.isNaN)).toBe(true)
    expect(valuesOf(1, { more })).toEqual(valuesOf(1))
  })
  test('a zero is exempt until step 3.5(1 − μ)/(ηδ), δ its margin', () => {
    // the second coordinate: c = .05, margin .25 − .05 = .2, so η = .05 resolves it at step 350, with momentum .5 at 175
    const disagreements = (momentum: number, step: number) =>
      valuesOf(0, { step, of: lanesOf([fields(0.25, { optimiser: { kind: 'sgd', learningRate: 0.05, momentum } }), fields(0.5)]) })[
        'zero-disagreements'
      ]
    expect([disagreements(0, 0), disagreements(0, 349), disagreements(0, 351)]).toEqual([0, 0, 1])
    expect([disagreements(0.5, 174), disagreements(0.5, 176)]).toEqual([0, 1])
  })
  test('predicts what the coefficients of the theory would measure', () => {
    const predictions = new Map(
      measureOf(lanes)
        .predictions()
        .map(({ metric, oracle, values }) => [metric, { oracle, values }]),
    )
    expect([...predictions.values()].every(({ oracle }) => oracle === '8.2')).toBe(true)
    // v* = (2.5, 0) and (2, 0): residuals (.5, .1) and (1, .1)
    expect(predictions.get('loss')?.values).toBeAllclose([(0.25 + 0.01) / 2, (1 + 0.01) / 2])
    expect(predictions.get('coefficient-norm')?.values).toBeAllclose([2.5, 2])
    expect(predictions.get('zeros')?.values).toBeAllclose([1, 1])
    expect(predictions.get('sparsity-1e-12')?.values).toBeAllclose([0.5, 0.5])
    expect(predictions.has('parameter-norm')).toBe(false) // the theory's u and w are not unique
  })
  test('predicts nothing where the theory has no closed form', () => {
    const deep = lanesOf([fields(0.25, { model: { kind: 'product-linear', depth: 3 } })])
    expect(measureOf(deep).predictions()).toEqual([])
    expect(measureOf(deep).names).not.toContain('oracle-distance')
  })
  test('predicts means over the second half where runs keep moving: only of what is linear in the vector', () => {
    // theory.md 8.10: soft(1, γ + λs²) = 1 − .08 − .01·8 and 1 − .64; without noise the lasso, of how the run ends
    const noisy = (weightDecay: number, std: number) => ({
      data: { kind: 'scalar', target: 1 },
      regularisation: { weightDecay },
      noise: { label: { kind: 'gaussian', std } },
      optimiser: { kind: 'sgd', learningRate: 0.01 },
      measure: ['loss', 'norm'],
    })
    const [last, ofMean, ...more] = measureOf(lanesOf([noisy(0.08, Math.sqrt(8)), noisy(0, 8), noisy(0.16, 0)]))
      .predictions()
      .filter(({ metric }) => metric === 'coefficient-mean')
    expect(more).toEqual([])
    expect(last).toEqual({ metric: 'coefficient-mean', oracle: '8.2', values: Float64Array.of(Number.NaN, Number.NaN, 0.84) })
    expect(ofMean?.oracle).toBe('8.10')
    expect(ofMean?.values).toBeAllclose([0.84, 0.36, Number.NaN])
    const metrics = measureOf(lanesOf([noisy(0.08, 2)]))
      .predictions()
      .map(({ metric }) => metric)
    expect(metrics).toEqual(['coefficient-mean']) // the mean of a square is no square of a mean
  })
  test('a stack without runs is a bug', () => expect(() => measureOf([])).toThrow('bug: measureOf'))
})
