import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { freezeStudy, matches, readStudy, type Study } from './study.ts'

const text = `
kagami: 1
name: small
model: { kind: product-linear }
data: { kind: sparse-linear, samples: 8, features: 3, coefficients: [1] }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 100 }
`
const noFile = (path: string): string => {
  throw new Error(`no study here names the file ${path}`)
}
const read = (more = '', overrides: readonly string[] = []) => readStudy({ text: text + more, name: 'study.yaml', overrides })
const freeze = (more = '', overrides: readonly string[] = [], hashOf = noFile): Study => freezeStudy(read(more, overrides), hashOf)

const kinds =
  '"linear", "product-linear", "matrix-factorisation", "perceptron", "convolutional", "tied-autoencoder", "linear-vae", "self-supervised"'
const varied = 'model, reparametrise, initialValues, data, tasks, loss, optimiser, noise, regularisation, training'

/** All sentences of a refusal. */
function problemsOf(action: () => unknown): readonly string[] {
  try {
    action()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    expect(error.code).toBe('invalid-input')
    return error.problems.length > 0 ? error.problems : [error.message]
  }
  return []
}

describe('readStudy', () => {
  test('fills in the defaults that it states', () => {
    expect(read()).toMatchObject({
      model: { kind: 'product-linear', depth: 2, init: { std: 0.5 } },
      data: { noise: 0, testSamples: 0 },
      loss: { kind: 'mse' },
      optimiser: { kind: 'sgd', momentum: 0, batch: 'full' },
      regularisation: { weightDecay: 0 },
      training: { record: {} },
      factors: {},
      seeds: { count: 1, base: 1 },
      gates: [],
    })
    expect(read().measure).toContain('loss')
  })
  test('reads JSON as it reads YAML', () => {
    const json = JSON.stringify({
      kagami: 1,
      name: 'small',
      model: { kind: 'product-linear' },
      data: { kind: 'sparse-linear', samples: 8, features: 3, coefficients: [1] },
      optimiser: { kind: 'sgd', learningRate: 0.1 },
      training: { steps: 100 },
    })
    expect(readStudy({ text: json, name: 'study.json', overrides: [] })).toEqual(read())
  })

  test.each([
    ['optimiser.learnignRate=0.1', 'optimiser.learnignRate: unknown field; did you mean learningRate?'],
    ['trainig.steps=1', 'trainig: unknown field; did you mean training?'],
    ['model.kind=product-liner', `model.kind: expected one of ${kinds}, got "product-liner"; did you mean "product-linear"?`],
    ['training.steps=-5', 'training.steps: expected a whole number ≥ 1 and ≤ 16000000, got -5'],
    ['training.steps=2.5', 'training.steps: expected a whole number ≥ 1 and ≤ 16000000, got 2.5'],
    ['training.steps=many', 'training.steps: expected a whole number ≥ 1 and ≤ 16000000, got "many"'],
    ['optimiser.learningRate="0.1"', 'optimiser.learningRate: expected a number > 0, got "0.1"'],
    ['regularisation.weightDecay=-1', 'regularisation.weightDecay: expected a number ≥ 0, got -1'],
    ['regularisation.weightDecay=.inf', 'regularisation.weightDecay: expected a finite number ≥ 0, got Infinity'],
    ['data.coefficients=[1,2,3,4]', 'data.coefficients: expected at most as many coefficients as features, got [1,2,3,4]'],
    ['seeds.count=0', 'seeds.count: expected a whole number ≥ 1, got 0'],
    ['name=Not A Name', 'name: expected a text'],
  ])('--set %s is refused: %s', (override, sentence) => {
    expect(problemsOf(() => read('', [override]))[0]).toContain(sentence)
  })
  test('says every problem at once, each with its place in the text', () => {
    const broken = text.replace('steps: 100', 'steps: -5').replace('learningRate', 'learnignRate')
    const problems = problemsOf(() => readStudy({ text: broken, name: 'study.yaml', overrides: [] }))
    expect(problems).toHaveLength(3) // the rate is missing, too
    expect(problems.some((problem) => problem.startsWith('study.yaml:7:13 training.steps: expected a whole number'))).toBe(true)
    expect(problems.some((problem) => problem.startsWith('study.yaml:6:25 optimiser.learnignRate: unknown field'))).toBe(true)
  })
  test('a study of a newer version is one sentence', () => {
    const problems = problemsOf(() => readStudy({ text: 'kagami: 2\nnext: {}\n', name: 'study.yaml', overrides: [] }))
    expect(problems).toEqual(['study.yaml kagami: expected version 1, got 2; a newer Kagami wrote this study'])
  })
  test('a gate has a limit, or two in their order', () => {
    expect(problemsOf(() => read('gates: [{ metric: loss }]\n'))[0]).toContain('gates[0]: expected atMost, atLeast or both')
    expect(problemsOf(() => read('gates: [{ metric: loss, atMost: 1, atLeast: 0 }]\n'))).toEqual([])
    expect(problemsOf(() => read('gates: [{ metric: loss, atMost: 0, atLeast: 1 }]\n'))[0]).toContain(
      'gates[0].atLeast: expected at most atMost',
    )
  })
  test('--set sets a field, a list, and a factor whose path has dots', () => {
    const file = read('', [
      'training.steps=7',
      'data.coefficients=[1, 2]',
      'factors["regularisation.weightDecay"]=[0, 0.5]',
      'seeds.count=3',
    ])
    expect([file.training.steps, file.seeds.count]).toEqual([7, 3])
    expect(file.factors).toEqual({ 'regularisation.weightDecay': [0, 0.5] })
  })
  test('a later --set wins', () => expect(read('', ['training.steps=7', 'training.steps=8']).training.steps).toBe(8))
})

describe('freezeStudy', () => {
  const factors = 'factors: { model: [{ kind: linear }, { kind: product-linear }], regularisation.weightDecay: [0, 0.1, 1] }\n'

  test('makes a cell of every combination, the last factor running fastest', () => {
    const { cells } = freeze(factors)
    expect(cells.map(({ levels }) => levels.map(({ label }) => label))).toEqual([
      ['linear', '0'],
      ['linear', '0.1'],
      ['linear', '1'],
      ['product-linear', '0'],
      ['product-linear', '0.1'],
      ['product-linear', '1'],
    ])
    expect(cells.map(({ study }) => [study.model.kind, study.regularisation.weightDecay])).toContainEqual(['linear', 0.1])
    expect(new Set(cells.map(({ hash }) => hash)).size).toBe(6)
  })
  test('a study without factors is one cell', () => expect(freeze().cells).toMatchObject([{ levels: [], study: { name: 'small' } }]))
  test('fills the defaults of a level in', () => {
    expect(freeze(factors).file.factors['model']).toEqual([
      { kind: 'linear', init: { std: 0.5 } },
      { kind: 'product-linear', depth: 2, init: { std: 0.5 } },
    ])
  })
  test('frozen again it is the same', () => {
    const study = freeze(factors)
    expect(freezeStudy(study.file, noFile)).toEqual(study)
  })

  describe('its hash', () => {
    const { hash, id } = freeze(factors)
    test('names the study', () => {
      expect(hash).toMatch(/^[0-9a-f]{64}$/)
      expect(id).toBe(`small-${hash.slice(0, 8)}`)
    })
    test('knows neither the order of keys, nor spaces, comments, quotes or written defaults', () => {
      const other = `# a comment
training: {steps:   1e2}
optimiser:
  batch: full
  learningRate: .1
  kind: "sgd"
factors: { "regularisation.weightDecay": [0.0, 1.0e-1, 1], model: [{ kind: linear, init: { std: 0.5 } }, { depth: 2, kind: product-linear }] }
data: { coefficients: [1], features: 3, samples: 8, kind: sparse-linear, noise: 0 }
model: { kind: product-linear }
name: small
kagami: 1
`
      expect(freezeStudy(readStudy({ text: other, name: 'other', overrides: [] }), noFile).hash).toBe(hash)
    })
    test('does not change with the count of seeds', () => expect(freeze(factors, ['seeds.count=9']).hash).toBe(hash))
    test.each([
      'name=other',
      'title={en: a, ja: b}',
      'question={en: a, ja: b}',
      'model.depth=3',
      'model.init.std=0.25',
      'data.samples=9',
      'data.noise=0.1',
      'data.testSamples=1',
      'optimiser.learningRate=0.2',
      'optimiser.momentum=0.5',
      'optimiser.batch=4',
      'regularisation.weightDecay=0.1',
      'training.steps=101',
      'training.record.every=1',
      'measure=[loss]',
      'factors={}',
      'factors["regularisation.weightDecay"]=[0, 0.1]',
      'factors["regularisation.weightDecay"]=[0.1, 0, 1]',
      'seeds.base=2',
      'gates=[{metric: loss, atMost: 1}]',
    ])('changes with %s', (override) => expect(freeze(factors, [override]).hash).not.toBe(hash))
  })

  describe('a level or a seed more', () => {
    const cellsOf = (study: Study) =>
      new Map(
        study.cells.map(({ levels, hash, study: { seeds } }) => [
          JSON.stringify(levels.map(({ value }) => value)),
          `${seeds.base} ${hash}`,
        ]),
      )
    test('leaves what the randomness of the other cells comes from', () => {
      const before = cellsOf(freeze(factors))
      const after = cellsOf(
        freeze(factors, [
          'factors["regularisation.weightDecay"]=[0.5, 0, 0.1, 1]',
          'factors.model=[{kind: product-linear}, {kind: linear}]',
        ]),
      )
      expect(after.size).toBe(8)
      for (const [levels, seed] of before) expect(after.get(levels)).toBe(seed)
    })
    test('a seed more leaves the id of the study and every cell', () => {
      const [before, after] = [freeze(factors), freeze(factors, ['seeds.count=2'])]
      expect(after.id).toBe(before.id)
      expect(after.cells.map(({ hash }) => hash)).toEqual(before.cells.map(({ hash }) => hash))
    })
  })

  test.each([
    [
      'factors: { regularisation.weightDecay: [0, -1] }',
      'factors.regularisation.weightDecay[1] regularisation.weightDecay: expected a number ≥ 0, got -1',
    ],
    ['factors: { model.depth: [2, 1] }', 'factors.model.depth[1] model.depth: expected a whole number ≥ 2 and ≤ 16, got 1'],
    [
      'factors: { model: [{ kind: linear }, { kind: linera }] }',
      `factors.model[1] model.kind: expected one of ${kinds}, got "linera"; did you mean "linear"?`,
    ],
    ['factors: { model.dpeth: [2] }', 'factors.model.dpeth[0] model.dpeth: unknown field; did you mean depth?'],
    [
      'factors: { regularisation.weightDecay: [0.1, 1e-1] }',
      'factors.regularisation.weightDecay: expected levels that differ, got 0.1 twice',
    ],
    [
      'factors: { model: [{ kind: linear }, { kind: linear, init: { std: 0.5 } }] }',
      'factors.model: expected levels that differ, got {"init":{"std":0.5},"kind":"linear"} twice',
    ],
    ['factors: { modle.depth: [2] }', `factors.modle.depth: expected a field of ${varied}, got "modle"; did you mean model?`],
    ['factors: { seeds.base: [1, 2] }', `factors.seeds.base: expected a field of ${varied}, got "seeds"`],
  ])('%s is refused: %s', (more, sentence) => expect(problemsOf(() => freeze(`${more}\n`))[0]).toContain(sentence))
  test('says what is wrong with several levels at once', () => {
    expect(problemsOf(() => freeze('factors: { regularisation.weightDecay: [-1, 0, -2], training.steps: [0] }\n'))).toHaveLength(3)
  })

  test('more than 100,000 runs are refused before a single cell is made', () => {
    const ten = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
    const paths = [
      'training.steps',
      'data.samples',
      'optimiser.learningRate',
      'regularisation.weightDecay',
      'data.noise',
      'model.init.std',
      'data.testSamples',
    ]
    const huge = read(`factors: { ${paths.map((path) => `${path}: ${ten}`).join(', ')} }\n`)
    expect(problemsOf(() => freezeStudy(huge, noFile))).toEqual(['factors: expected at most 100000 cells before constraints, got 10000000'])
    const two = 'factors: { regularisation.weightDecay: [0, 1] }\n'
    expect(problemsOf(() => freeze(two, ['seeds.count=50001']))).toEqual(['factors × seeds: expected at most 100000 runs, got 100002'])
    expect(problemsOf(() => freeze('', ['seeds.count=100001']))).toEqual(['factors × seeds: expected at most 100000 runs, got 100001'])
    expect(freeze('', ['seeds.count=100000']).file.seeds.count).toBe(100_000)
  })

  describe('gates', () => {
    const withGate = (gate: string) => () => freeze(`${factors}gates: [{ metric: loss, atMost: 1 }, ${gate}]\n`)
    test.each([
      [
        '{ metric: loss, atMost: 1, where: { modle: linear } }',
        'gates[1].where: expected a factor of the study, got "modle"; did you mean model?',
      ],
      [
        '{ metric: loss, atMost: 1, where: { regularisation.weightDecay: 0.2 } }',
        'gates[1].where.regularisation.weightDecay: expected one of its levels, got 0.2',
      ],
      [
        '{ metric: loss, atMost: 1, where: { model: { kind: other } } }',
        'gates[1].where.model: expected one of its levels, got {"kind":"other"}',
      ],
      ['{ metric: loss, atMost: 1, where: { constructor: 1 } }', 'gates[1].where: expected a factor of the study, got "constructor"'],
      ['{ metric: los, atMost: 1 }', 'gates[1].metric: expected a metric that the runs record, got "los"; did you mean loss?'],
      [
        '{ metric: zero-disagreement, atMost: 1 }',
        'gates[1].metric: expected a metric that the runs record, got "zero-disagreement"; did you mean zero-disagreements?',
      ],
      ['{ metric: test-loss, atMost: 1 }', 'gates[1].metric: expected a metric that the runs record, got "test-loss"; recorded are loss,'], // there is no test part
      [
        '{ metric: kkt-residual, atMost: 1, where: { model: { kind: linear } } }',
        'gates[1].metric: expected a metric that the runs record, got "kkt-residual"',
      ], // the linear model has no such conditions
    ])('%s is refused: %s', (gate, sentence) => expect(problemsOf(withGate(gate))[0]).toContain(sentence))
    test('a metric that some of the runs record is known', () => {
      expect(withGate('{ metric: kkt-residual, atMost: 1, where: { model: { kind: product-linear } } }')).not.toThrow()
      expect(withGate('{ metric: kkt-residual, atMost: 1 }')).not.toThrow()
      expect(() => freeze('gates: [{ metric: test-loss, atMost: 1 }]\n', ['data.testSamples=4'])).not.toThrow()
    })
    test('stopFrom is a step before the last of some run that the gate speaks about', () => {
      const steps = 'factors: { training.steps: [400, 1000] }\n'
      const from = (stopFrom: number, where = '{}') =>
        `${steps}gates: [{ metric: loss, atMost: 1, stopFrom: ${stopFrom}, where: ${where} }]\n`
      const sentence = (last: number, got: number) => [`gates[0].stopFrom: expected a step before the last, ${last}, got ${got}`]
      const short = '{ training.steps: 400 }'
      expect(problemsOf(() => freeze(from(99_999, short)))).toEqual(sentence(400, 99_999))
      expect(problemsOf(() => freeze(from(400, short)))).toEqual(sentence(400, 400)) // a run's last step is never stopped
      expect(problemsOf(() => freeze(from(1_000)))).toEqual(sentence(1_000, 1_000))
      for (const text of [from(399, short), from(0, short), from(400), from(999)]) expect(() => freeze(text)).not.toThrow()
      const never = 'gates: [{ metric: loss, atMost: 1 }]\n' // without stopFrom nothing is asked of the steps
      expect(() => freeze(never, ['training.steps=1'])).not.toThrow()
    })
    test('a metric that is not measured is unknown', () => {
      expect(problemsOf(() => freeze('measure: [loss]\ngates: [{ metric: zeros, atMost: 1 }]\n'))).toEqual([
        'gates[0].metric: expected a metric that the runs record, got "zeros"; recorded are loss',
      ])
    })
  })

  describe('data files', () => {
    const csv = 'data={kind: csv, path: a.csv, target: y}'
    const hashes =
      (a: string, b = 'b'.repeat(64)) =>
      (path: string) =>
        path === 'a.csv' ? a.repeat(64) : b
    test('the frozen study names their bytes', () => {
      const study = freeze('', [csv], hashes('a'))
      expect(study.file.data).toMatchObject({ sha256: { 'a.csv': 'a'.repeat(64) } })
      expect(study.cells[0]?.study.data).toMatchObject({ sha256: { 'a.csv': 'a'.repeat(64) } })
      expect(freeze('', [csv], hashes('c')).hash).not.toBe(study.hash)
    })
    test('a file that is not the one named is refused', () => {
      const naming = (path: string) => csv.replace('target', `sha256: { ${path}: ${'d'.repeat(64)} }, target`)
      expect(problemsOf(() => freeze('', [naming('a.csv')], hashes('a')))[0]).toBe(
        `data.sha256: expected the file "a.csv" to have this hash, got ${'a'.repeat(64)}`,
      )
      expect(problemsOf(() => freeze('', [naming('c.csv')], hashes('a')))[0]).toBe(
        'data.sha256: expected the file "c.csv" to have this hash, got no such file',
      )
    })
    test.each([
      ['data', 'factors: { data: [{ kind: csv, path: a.csv, target: y }, { kind: csv, path: b.csv, target: y }] }\n', []],
      ['data.path', 'factors: { data.path: [a.csv, b.csv] }\n', [csv]],
    ])('levels of %s name their bytes each, and the hash of the study holds them', (_, more, overrides) => {
      const study = freeze(more, overrides, hashes('a'))
      expect(study.cells.map(({ study: { data } }) => (data.kind === 'csv' ? data.sha256 : null))).toEqual([
        { 'a.csv': 'a'.repeat(64) },
        { 'b.csv': 'b'.repeat(64) },
      ])
      expect(freeze(more, overrides, hashes('a', 'c'.repeat(64))).hash).not.toBe(study.hash)
      expect(freezeStudy(study.file, hashes('a'))).toEqual(study)
    })
  })
})

describe('matches', () => {
  test.each<[Json, Json, boolean]>([
    [1, 1, true],
    [1, '1', false],
    [{ kind: 'a', depth: 2 }, { kind: 'a' }, true],
    [{ kind: 'a', depth: 2 }, { kind: 'a', depth: 3 }, false],
    [{ kind: 'a' }, { kind: 'a', depth: 3 }, false],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, true],
    [{ kind: 'a' }, {}, true],
    [1, { kind: 'a' }, false],
    [[1, 2], [1, 2], true],
    [[1, 2], [1], false],
    [[1], { 0: 1 }, false],
    [null, null, true],
  ])('%j against %j: %s', (level, wanted, expected) => expect(matches(level, wanted)).toBe(expected))
  test('a field of every object is no field of a level', () => {
    expect(matches({ kind: 'a' }, { constructor: 1 })).toBe(false)
    expect(matches({ kind: 'a' }, { toString: {} })).toBe(false)
  })
})
