import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { productLinear } from '#core/learning/models/productLinear.ts'
import { familiesOf } from '#core/symmetry/symmetries/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Facts, MetricContext } from './metric.ts'
import { columnsOf, metricKinds, metricNames } from './registry.ts'

expect.extend({ toBeAllclose })

const families = familiesOf(productLinear.settings.parse({ kind: 'product-linear' }))
const coefficients: Facts['subject'] = { kind: 'coefficients', weight: 'v', title: { en: 'Coefficients', ja: '係数' } }
const all: Facts = {
  hasTest: true,
  hasValidation: true,
  isClassification: true,
  hasOracle: true,
  hasMirrors: true,
  families,
  subject: coefficients,
  weights: ['v'],
  matrices: ['v'],
  neurons: [],
  factors: ['u', 'w'],
}
const columns = columnsOf(metricNames, all)

const part = (rows: readonly (readonly number[])[], y: readonly number[]) => ({
  x: { rows: rows.length, columns: 2, values: Float64Array.from(rows.flat()) },
  y: { rows: y.length, columns: 1, values: Float64Array.from(y) },
})
const data = {
  features: ['a', 'b'],
  targets: ['y'],
  train: part(
    [
      [1, 0],
      [0, 1],
      [1, 1],
      [1, -1],
    ],
    [1, 2, 2, 0],
  ), // Xᵀy/n = (.75, 1), XᵀX/n = diag(.75, .75)
  validation: part([[1, 0]], [2]),
  test: part([[0, 1]], [5]),
}

/** A run with these factors, its coefficients by their product and its loss by a loop of its own. */
function contextOf(u: readonly number[], w: readonly number[], more: Partial<MetricContext> = {}): MetricContext {
  const vector = Float64Array.from(u, (value, j) => value * (w[j] ?? Number.NaN))
  const parameters = { u: Float64Array.from(u), w: Float64Array.from(w) }
  const parts: MetricContext['data'] = more.data ?? data
  return {
    facts: all,
    parameters,
    plain: parameters,
    vector,
    families,
    data,
    weightDecay: 0.5,
    prediction: { oracle: '8.2', vector: Float64Array.of(1 / 3, 0), margin: Float64Array.of(Number.NaN, 0.2) },
    leastMargin: 0.1,
    score: (name) => ({ loss: lossOf(parts[name], vector), accuracy: parts[name] === null ? Number.NaN : 0.25 }),
    weight: () => ({ rows: 2, columns: 1, values: vector }),
    spectrum: () => Float64Array.of(Math.hypot(...vector)),
    activations: () => ({ rows: 0, columns: 0, values: new Float64Array() }),
    ...more,
  }
}
function lossOf(part: MetricContext['data']['test'], v: Float64Array): number {
  if (part === null) return Number.NaN
  const { x, y } = part
  let total = 0
  for (let i = 0; i < x.rows; i += 1)
    total += ((x.values[2 * i] ?? 0) * (v[0] ?? 0) + (x.values[2 * i + 1] ?? 0) * (v[1] ?? 0) - (y.values[i] ?? 0)) ** 2
  return total / x.rows
}
function measure(name: string, context: MetricContext): number {
  const column = columns.find((one) => one.name === name)
  if (column === undefined) throw new Error(`expected a column ${name}`)
  return column.of(context)
}

describe('columns of a run with u = (2, 3), w = (.5, 1)', () => {
  const run = contextOf([2, 3], [0.5, 1]) // v = (1, 3)
  test.each([
    ['loss', (0 + 1 + 4 + 4) / 4], // outputs 1, 3, 4, −2
    ['validation-loss', 1],
    ['test-loss', 4],
    ['accuracy', 0.25],
    ['validation-accuracy', 0.25],
    ['test-accuracy', 0.25],
    ['parameter-norm', Math.sqrt(4 + 9 + 0.25 + 1)],
    ['coefficient-norm', Math.sqrt(10)],
    ['sparsity-1e-3', 0],
    ['exact-zeros', 0],
    ['zeros', 0],
    ['oracle-distance', 3],
    ['oracle-distance-relative', 9],
    ['zero-disagreements', 1],
    // |4 − .25| and |9 − 1|
    ['imbalance', 8],
    // of one column: its only singular value √10
    ['numeric-rank', 1],
    ['largest-singular-value', Math.sqrt(10)],
    // c = (.75 − .75, 1 − 2.25): |0 − .5| and |−1.25 − .5|
    ['kkt-residual', 1.75],
    // the nearer of √(4 + .25) and √(9 + 1), over ‖θ‖
    ['mirror-residual:rescaling', Math.sqrt(4.25 / 14.25)],
    ['mirrors-reached:rescaling', 0],
  ])('%s is %d', (name, expected) => expect(measure(name, run)).toBeAllclose(expected))
})

describe('columns of a sparse run', () => {
  const run = contextOf([2, 1e-4], [0.5, 0]) // v = (1, 0), on one mirror up to 1e-4
  test.each([
    ['sparsity-1e-12', 0.5],
    ['exact-zeros', 0.5],
    ['zeros', 1],
    ['zero-disagreements', 0],
    ['oracle-distance', 2 / 3],
    ['mirror-residual:rescaling', 1e-4 / Math.sqrt(4.25 + 1e-8)],
    ['mirrors-reached:rescaling', 0.5],
  ])('%s is %d', (name, expected) => expect(measure(name, run)).toBeAllclose(expected))
  test('each threshold of sparsity is the power of ten in its name', () => {
    for (const exponent of [3, 6, 9, 12]) {
      const at = (v: number) => measure(`sparsity-1e-${exponent}`, contextOf([v, 1], [1, 1]))
      expect([at(0.99 * 10 ** -exponent), at(1.01 * 10 ** -exponent)]).toEqual([0.5, 0])
    }
  })
})

describe('degenerate runs', () => {
  test('all zero: on every mirror, all sparse, at no distance from a prediction of zero', () => {
    const prediction = { oracle: '8.2', vector: new Float64Array(2), margin: Float64Array.of(0.2, 0.2) }
    const run = contextOf([0, 0], [0, 0], { prediction, weightDecay: 2 })
    expect(
      [
        'mirror-residual:rescaling',
        'mirrors-reached:rescaling',
        'sparsity-1e-12',
        'exact-zeros',
        'oracle-distance',
        'oracle-distance-relative',
        'kkt-residual',
        'zero-disagreements',
        'parameter-norm',
        'imbalance',
        'numeric-rank',
        'effective-rank',
        'stable-rank',
      ].map((name) => measure(name, run)),
    ).toEqual([0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  })
  test('without a prediction its distances are NaN', () => {
    const run = contextOf([1, 1], [1, 1], { prediction: null })
    for (const name of ['oracle-distance', 'oracle-distance-relative', 'zero-disagreements']) expect(measure(name, run)).toBeNaN()
  })
  test('without a part its loss is NaN', () => {
    const run = contextOf([1, 1], [1, 1], { data: { ...data, test: null, validation: null } })
    expect([measure('test-loss', run), measure('validation-loss', run)]).toEqual([Number.NaN, Number.NaN])
  })
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s in one parameter makes every column NaN', (bad) => {
    for (const { name, of } of columns) {
      expect(of(contextOf([bad, 1], [1, 1])), name).toBeNaN()
      expect(of(contextOf([1, 1], [0, bad])), name).toBeNaN()
    }
  })
  test('a parameter of 1e200 overflows no norm', () => {
    expect(measure('parameter-norm', contextOf([1e200, 0], [0, 0]))).toBe(1e200)
    expect(measure('mirror-residual:rescaling', contextOf([1e200, 1e200], [0, 0]))).toBeAllclose(Math.SQRT1_2)
  })
})

describe('columns that the theory can predict', () => {
  test('look at coefficients and data alone', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    const pair = fc.tuple(number, number)
    fc.assert(
      fc.property(pair, pair, pair, number, (v, other, margins, decay) => {
        const run = contextOf(v, [1, 1])
        const elsewhere: MetricContext = {
          ...run,
          parameters: { z: Float64Array.from(other) },
          prediction: { oracle: 'none', vector: Float64Array.from(other), margin: Float64Array.from(margins) },
          weightDecay: Math.abs(decay),
          leastMargin: Math.abs(decay),
        }
        for (const column of columns.filter(({ isPredictable }) => isPredictable)) {
          expect(column.of(elsewhere), column.name).toBe(column.of(run))
          expect(column.of({ ...run, parameters: {}, plain: {}, prediction: null }), column.name).toBe(column.of(run))
        }
      }),
    )
  })
})

describe('the registry', () => {
  test('has each kind by its own name, and no name of a column twice', () => {
    for (const [name, { kind }] of Object.entries(metricKinds)) expect(kind).toBe(name)
    const names = columns.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.every((name) => /^[a-z][a-z0-9]*(-[a-z0-9]+)*(:[a-z][a-z0-9]*(-[a-z0-9]+)*)?$/.test(name))).toBe(true)
  })
  test('titles every kind and column in both languages, no two columns alike', () => {
    for (const { title } of [...Object.values(metricKinds), ...columns])
      expect([title.en, title.ja].every((words) => words.trim() !== '')).toBe(true)
    for (const language of ['en', 'ja'] as const) expect(new Set(columns.map(({ title }) => title[language])).size).toBe(columns.length)
  })
  test('records only what a study has: no test loss without a test part, no distance without an oracle', () => {
    const none: Facts = {
      ...all,
      hasTest: false,
      hasValidation: false,
      isClassification: false,
      hasOracle: false,
      hasMirrors: false,
      families: [],
      matrices: [],
      factors: null,
    }
    const names = (facts: Partial<Facts>) => columnsOf(metricNames, { ...none, ...facts }).map(({ name }) => name)
    for (const name of [
      'test-loss',
      'validation-loss',
      'accuracy',
      'mirror-residual:rescaling',
      'oracle-distance',
      'zero-disagreements',
      'kkt-residual',
      'imbalance',
      'numeric-rank',
      'homogeneous-groups',
    ])
      expect(names({})).not.toContain(name)
    expect(names({})).toContain('loss')
    expect(names({ hasTest: true })).toContain('test-loss')
    expect(names({ families: all.families })).toContain('mirror-residual:rescaling')
    expect(names({ hasOracle: true })).not.toContain('kkt-residual') // the ridge has no such conditions
    expect(names({ isClassification: true, hasTest: true }).filter((name) => name.includes('accuracy'))).toEqual([
      'accuracy',
      'test-accuracy',
    ])
  })
  test('keeps the order in which kinds are measured', () => {
    expect(
      columnsOf(['sparsity', 'loss'], all)
        .map(({ name }) => name)
        .slice(-3),
    ).toEqual(['loss', 'validation-loss', 'test-loss'])
  })
})
