import { describe, expect, test } from 'vitest'
import type { Neurons } from '#core/learning/models/model.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { canonicalRows, homogeneities, neuronRows } from './homogeneity.ts'
import { imbalance } from './imbalance.ts'
import type { Facts, Metric, MetricContext } from './metric.ts'
import { ranks } from './rank.ts'
import { columnsOf } from './registry.ts'
import { sparsities } from './sparsity.ts'

expect.extend({ toBeAllclose })

const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
})
const noFacts: Facts = {
  hasTest: false,
  hasValidation: false,
  isClassification: false,
  hasOracle: false,
  hasMirrors: false,
  families: [],
  subject: { kind: 'singular-values', weight: 'a', title: { en: 'Singular values', ja: '特異値' } },
  weights: [],
  matrices: [],
  neurons: [],
  factors: null,
}

type Network = {
  readonly weights: Readonly<Record<string, Matrix>>
  readonly facts?: Partial<Facts>
  readonly more?: Partial<MetricContext>
}

function contextOf({ weights, facts = {}, more = {} }: Network): MetricContext {
  const weight = (name: string) => {
    const found = weights[name]
    if (found === undefined) throw new Error(`no weight here is named ${name}`)
    return found
  }
  const known: Facts = { ...noFacts, weights: Object.keys(weights), matrices: Object.keys(weights), ...facts }
  return {
    facts: known,
    parameters: {},
    plain: {},
    vector: known.subject.weight in weights ? singularValues(weight(known.subject.weight)) : new Float64Array(),
    families: [],
    data: { features: [], targets: [], train: { x: matrix([]), y: matrix([]) }, validation: null, test: null },
    weightDecay: 0,
    prediction: null,
    leastMargin: 0,
    score: () => ({ loss: Number.NaN, accuracy: Number.NaN }),
    weight,
    spectrum: (name) => singularValues(weight(name)),
    activations: ({ incoming }) => ({ rows: 1, columns: weight(incoming).columns, values: new Float64Array(weight(incoming).columns) }),
    ...more,
  }
}
const measured = (metric: Metric, network: Network) => {
  const context = contextOf(network)
  return Object.fromEntries(metric.columns(context.facts).map(({ name, of }) => [name, of(context)]))
}

describe('rank', () => {
  test('of diag(3, 2, 1) is 3, and between 14/9 and 3 by the softer counts', () => {
    const diagonal = matrix([
      [3, 0, 0],
      [0, 2, 0],
      [0, 0, 1],
    ])
    const of = measured(ranks, { weights: { a: diagonal } })
    expect(of['numeric-rank']).toBe(3)
    // −Σp ln p for p = (1/2, 1/3, 1/6) is ln 2/2 + ln 3/3 + ln 6/6
    expect(of['effective-rank']).toBeAllclose(2 ** (1 / 2) * 3 ** (1 / 3) * 6 ** (1 / 6))
    expect(of['stable-rank']).toBeAllclose((9 + 4 + 1) / 9)
    expect(of['largest-singular-value']).toBeAllclose(3)
  })
  test('of a product uvᵀ is 1 by every count', () => {
    const of = measured(ranks, {
      weights: {
        a: matrix([
          [2, 4],
          [3, 6],
        ]),
      },
    })
    expect([of['numeric-rank'], of['effective-rank'], of['stable-rank']]).toBeAllclose([1, 1, 1], { relative: 1e-9 }) // σ₂ of rounding, times its logarithm
  })
  test('of a zero matrix is 0 by every count', () =>
    expect(Object.values(measured(ranks, { weights: { a: matrix([[0, 0]]) } }))).toEqual([0, 0, 0, 0]))
  test('has columns for each of several weights, of which the theory predicts that of the subject', () => {
    const weights = { a: matrix([[1]]), b: matrix([[2]]) }
    const { facts } = contextOf({ weights })
    const columns = ranks.columns(facts)
    expect(columns.map(({ name }) => name).filter((name) => name.startsWith('numeric'))).toEqual(['numeric-rank:a', 'numeric-rank:b'])
    expect(columns.map(({ title }) => title.en)).toContain('Stable rank, b')
    expect(columns.filter(({ isPredictable }) => isPredictable).every(({ name }) => name.endsWith(':a'))).toBe(true)
    expect(measured(ranks, { weights })).toMatchObject({ 'largest-singular-value:a': 1, 'largest-singular-value:b': 2 })
  })
  test('of the subject looks at the vector, so that the theory stands in for the run', () => {
    const context = contextOf({ weights: { a: matrix([[9]]) }, more: { vector: Float64Array.of(4, 0) } })
    expect(ranks.columns(context.facts).map(({ of }) => of(context))).toEqual([1, 1, 1, 4])
  })
})

describe('sparsity of a network', () => {
  test('counts the entries of each weight', () => {
    const weights = { a: matrix([[1, 0, 1e-7, 2]]), b: matrix([[0], [3]]) }
    expect(measured(sparsities, { weights })).toMatchObject({
      'sparsity-1e-3:a': 0.5,
      'sparsity-1e-9:a': 0.25,
      'exact-zeros:a': 0.25,
      'exact-zeros:b': 0.5,
    })
  })
})

const tanh: Neurons = { name: 'layer1', incoming: 'in', bias: 'bias', outgoing: 'out', activation: 'odd' }

describe('homogeneity', () => {
  // neuron 2 is neuron 0, neuron 3 its negative, neuron 4 has vanished
  const weights = {
    in: matrix([
      [1, 0, 1, -1, 0.01],
      [2, 3, 2, -2, 0],
    ]),
    out: matrix([[1], [1], [1], [-1], [0.01]]),
  }
  const plain = { bias: Float64Array.of(0.5, 1, 0.5, -0.5, 0) }
  const columns = (activation: Neurons['activation'], more: Partial<MetricContext> = {}) =>
    measured(homogeneities, { weights, facts: { neurons: [{ ...tanh, activation }] }, more: { plain, ...more } })

  test('copies and negatives of an odd neuron are one group', () => {
    expect(columns('odd')).toMatchObject({ 'homogeneous-groups': 2, survivors: 4 })
  })
  test('without the symmetry of signs a negative is another neuron', () => {
    expect(columns('other')).toMatchObject({ 'homogeneous-groups': 3, survivors: 4 })
  })
  test('of a relu a neuron scaled up and its outgoing weight down is a copy', () => {
    const scaled = {
      in: matrix([
        [1, 4],
        [2, 8],
      ]),
      out: matrix([[1], [0.25]]),
    }
    const of = (activation: Neurons['activation']) =>
      measured(homogeneities, { weights: scaled, facts: { neurons: [{ ...tanh, bias: null, activation }] } })['homogeneous-groups']
    expect([of('homogeneous'), of('odd')]).toEqual([1, 2])
  })
  test('the correlation of activations is over all neurons, and over the survivors', () => {
    // neurons 0, 1 orthogonal around their means, 2 equal to 0, 3 its negative, 4 equal to 1
    const activations = () =>
      matrix([
        [1, 1, 1, -1, 1],
        [1, -1, 1, -1, -1],
        [-1, 1, -1, 1, 1],
        [-1, -1, -1, 1, -1],
      ])
    const of = columns('odd', { activations })
    // |corr| is 1 for the pairs 02, 03, 23, 14 of ten; of the survivors 0, 1, 2, 3 for three of six
    expect(of['mean-correlation']).toBeAllclose(4 / 10)
    expect(of['mean-correlation-survivors']).toBeAllclose(3 / 6)
  })
  test('a single survivor is correlated with nobody', () => {
    const one = { in: matrix([[1, 0]]), out: matrix([[1], [0]]) }
    const of = measured(homogeneities, {
      weights: one,
      facts: { neurons: [{ ...tanh, bias: null }] },
      more: {
        activations: () =>
          matrix([
            [1, 2],
            [2, 1],
          ]),
      },
    })
    expect(of).toMatchObject({ survivors: 1, 'homogeneous-groups': 1, 'mean-correlation-survivors': Number.NaN })
  })
  test('has columns for each layer between two weights, named where there are several', () => {
    const layers = [tanh, { ...tanh, name: 'layer2' }, { ...tanh, name: 'lost', incoming: 'u' }]
    const names = homogeneities.columns({ ...noFacts, weights: ['in', 'out'], neurons: layers }).map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('survivors'))).toEqual(['survivors:layer1', 'survivors:layer2'])
    expect(homogeneities.columns(noFacts)).toEqual([])
  })
})

describe('neuronRows', () => {
  test('a row is what goes into a neuron, its bias, and what goes out', () => {
    const incoming = matrix([
      [1, 2],
      [3, 4],
    ])
    const { rows, outgoing } = neuronRows({ incoming, bias: Float64Array.of(5, 6), outgoing: matrix([[7], [8]]) })
    expect(rows).toEqual(
      matrix([
        [1, 3, 5, 7],
        [2, 4, 6, 8],
      ]),
    )
    expect(outgoing).toEqual([3])
    expect(neuronRows({ incoming, bias: null, outgoing: matrix([[7], [8]]) })).toMatchObject({
      rows: { rows: 2, columns: 3 },
      outgoing: [2],
    })
  })
})

describe('canonicalRows', () => {
  test('turns a row of an odd neuron so that it goes out positive', () => {
    expect(canonicalRows('odd', matrix([[2, -3]]), [1])).toEqual(matrix([[-2, 3]]))
    expect(canonicalRows('other', matrix([[2, -3]]), [1])).toEqual(matrix([[2, -3]]))
  })
})

describe('imbalance', () => {
  test('of matrix factors is the largest entry of |UᵀU − VVᵀ|', () => {
    // U [2, 2], V [2, 3]: UᵀU = [[5, 2], [2, 4]], VVᵀ = [[2, 1], [1, 1]]
    const plain = { u: Float64Array.of(1, 2, 2, 0), v: Float64Array.of(1, 0, 1, 1, 0, 0) }
    const product = matrix([
      [3, 0, 1],
      [2, 0, 2],
    ])
    const facts: Partial<Facts> = { factors: ['u', 'v'], subject: { ...noFacts.subject, weight: 'product' } }
    expect(measured(imbalance, { weights: { product }, facts, more: { plain } })).toEqual({ imbalance: 3 })
  })
  test('of numbers is the largest |u² − w²|, and 0 where they are balanced', () => {
    const facts: Partial<Facts> = { factors: ['u', 'w'], subject: { ...noFacts.subject, kind: 'coefficients' } }
    const of = (u: readonly number[], w: readonly number[]) =>
      measured(imbalance, { weights: {}, facts, more: { plain: { u: Float64Array.from(u), w: Float64Array.from(w) } } })['imbalance']
    expect([of([2, 1], [1, -1]), of([2, -1], [-2, 1])]).toEqual([3, 0])
  })
  test('a model without two factors has none', () => expect(imbalance.columns(noFacts)).toEqual([]))
})

test('a run with NaN in what is trained or in its vector is NaN in every column of a network', () => {
  const weights = { in: matrix([[1, 2]]), out: matrix([[1], [2]]) }
  const facts: Partial<Facts> = { neurons: [{ ...tanh, bias: null }], subject: { ...noFacts.subject, weight: 'in' } }
  const { facts: known } = contextOf({ weights, facts })
  for (const more of [{ parameters: { z: Float64Array.of(Number.NaN) } }, { vector: Float64Array.of(Number.POSITIVE_INFINITY) }])
    for (const { name, of } of columnsOf(['rank', 'homogeneity', 'sparsity'], known))
      expect(of(contextOf({ weights, facts, more })), name).toBeNaN()
})
