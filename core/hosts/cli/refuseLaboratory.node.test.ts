/** What a study of the laboratory may ask that has no meaning: each refused before anything runs, in one sentence with field, rule and value. */
import { mkdirSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonOf, kagamiHere, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'

let place: TestFolder
beforeAll(() => {
  place = temporaryFolder()
  place.write('classes.csv', 'a,b,y\n1,2,p\n3,4,\n5,6,q\n')
  place.write('one.csv', 'a,b,y\n1,2,p\n3,4,p\n')
  place.write('twice.csv', 'a,b,y\n1,2,p\n3,4,q\n')
  // the header of IDX: 0 0, the type (8: unsigned bytes), the number of dimensions, the dimensions, big-endian
  const [items, labels] = [idx([2, 1, 1], [1, 2]), idx([2], [0, 1])]
  for (const [name, of] of Object.entries({
    magic: [Uint8Array.from([1, ...items.subarray(1)]), labels],
    kind: [Uint8Array.from([0, 0, 7, ...items.subarray(3)]), labels],
    short: [items.subarray(0, -1), labels],
    count: [items, idx([3], [0, 1, 1])],
    single: [labels, labels],
    class: [items, idx([2], [0, 0])],
  })) {
    mkdirSync(place.path(name))
    for (const [i, file] of ['items', 'labels'].entries()) place.write(`${name}/${file}`, of[i] ?? '')
  }
})
afterAll(() => place.remove())

function idx(sizes: readonly number[], values: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, 0, size]), ...values])
}

type Fields = Readonly<Record<string, unknown>>
const decay = 'regularisation.weightDecay'
const scalar = { data: { kind: 'scalar', target: 1 }, training: { steps: 10 } }
const task = (step: number, set: Fields) => ({ step, set })
const dcs = (constraint: Fields) => ({ reparametrise: [{ kind: 'dcs', parameters: 'u', constraint }] })
const orthonormal = (...columns: number[][]) => dcs({ kind: 'orthonormal', columns })
const images = (path: string) => ({
  model: { kind: 'linear' },
  loss: { kind: 'cross-entropy' },
  data: { kind: 'idx', path, train: { items: 'items', labels: 'labels' }, test: null },
})
const classes = (path: string, more: Fields = {}) => ({
  model: { kind: 'linear' },
  loss: { kind: 'cross-entropy' },
  data: { kind: 'csv', path, target: 'y', task: 'classification', ...more },
})
const sgd = (more: Fields) => ({ optimiser: { kind: 'sgd', learningRate: 0.1, ...more } })
const gate = (fields: Fields) => ({ gates: [{ metric: 'loss', ...fields }] })
const drawn = { [decay]: { uniform: { from: 0, to: 1 } } }

/** What `plan` answers under --json, and `run`, which is to answer the same and make nothing. */
async function refused(text: string): Promise<string> {
  place.write('study.yaml', text)
  const [planned, run] = [
    await kagamiHere(['plan', 'study.yaml', '--json'], place.folder),
    await kagamiHere(['run', 'study.yaml', '--json'], place.folder),
  ]
  expect(run).toEqual(planned)
  const { error } = jsonOf<{ error: { code: string; message: string } }>(planned.stdout)
  expect([planned.status, error.code, planned.stderr]).toEqual([2, 'invalid-input', `kagami: ${error.message}\n`])
  return error.message
}

describe('what has no meaning in the laboratory is refused in one sentence with field, rule and value', () => {
  test.each<[string, Fields, string]>([
    [
      'rows of unequal length',
      { data: { kind: 'inline', x: [[1, 2], [3]] } },
      'data.x[1]: expected 2 numbers as in the first row, got [3]',
    ],
    [
      'as many targets as rows',
      { data: { kind: 'inline', x: [[1], [3]], y: [[1]] } },
      'data.y: expected 2 rows, as many as x has, got [[1]]',
    ],
    [
      'a symmetric product of a matrix that is not square',
      {
        model: { kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' },
        data: { kind: 'low-rank-matrix', rows: 3, columns: 4, singularValues: [1] },
      },
      'model.form: expected as many outputs as inputs for positive-semidefinite, got 4 outputs of 3 inputs',
    ],
    [
      'more singular values than a matrix has',
      { data: { kind: 'low-rank-matrix', rows: 2, columns: 4, singularValues: [1, 2, 3] } },
      'data.singularValues: expected at most as many singular values as the smaller of rows and columns, got [1,2,3]',
    ],
    ['a row without a class', classes('classes.csv'), 'classes.csv row 2, column "y": expected a class, got an empty cell'],
    ['one class', classes('one.csv'), 'one.csv, column "y": expected two classes or more, got only "p"'],
    ['a feature twice', classes('twice.csv', { features: ['a', 'a'] }), 'data.features: expected columns that differ, got "a" twice'],
    [
      'classes of numbers',
      { loss: { kind: 'cross-entropy' } },
      'loss.kind: expected a loss of numbers for data of one target, got "cross-entropy", which is of classes',
    ],
    [
      'a model without its own loss',
      { model: { kind: 'linear-vae' } },
      'loss.kind: expected energy, since its output is its own loss, for the model linear-vae, got "mse"',
    ],
    [
      'samples for a model that has none',
      { model: { kind: 'self-supervised', width: 2 }, loss: { kind: 'energy' } },
      'data: expected 2 rows for the model self-supervised, a, then s, got 20 rows',
    ],

    ['an O that is not of length 1', orthonormal([1, 1, 0, 0]), 'reparametrise[0].constraint.columns: expected orthonormal columns, got 2 as the product of columns 1 and 1'], // prettier-ignore
    ['an O that is not perpendicular', orthonormal([1, 0, 0, 0], [0.6, 0.8, 0, 0]), 'reparametrise[0].constraint.columns: expected orthonormal columns, got 0.6 as the product of columns 1 and 2'], // prettier-ignore
    ['an O of another space', orthonormal([1, 0]), 'reparametrise[0].constraint.columns: expected vectors of 4 numbers, one for each entry of the parameters, got 2'], // prettier-ignore
    ['a vector made symmetric', dcs({ kind: 'symmetric-matrix' }), 'reparametrise[0].constraint: expected square matrices to be symmetric, got "u" of shape [4, 1]'], // prettier-ignore
    ['a bias of another length', { reparametrise: [{ kind: 'syre', std: 1, bias: [1] }] }, 'reparametrise[0].bias: expected 8 numbers, one for each entry of the parameters, got 1'], // prettier-ignore
    ['a reparametrised parameter that is none', { reparametrise: [{ kind: 'product', parameters: 'z' }] }, 'reparametrise[0].parameters: expected a pattern of the parameters u, w, got "z"'], // prettier-ignore
    ['a decaying parameter that is none', { regularisation: { groups: [{ parameters: 'z', weightDecay: 1 }] }, factors: {} }, 'regularisation.groups[0].parameters: expected a pattern of the parameters u, w, got "z"'], // prettier-ignore
    ['an initial value of none', { initialValues: { z: 1 } }, 'initialValues: expected a pattern of the parameters u, w, got "z"'],
    ['initial values of another number', { initialValues: { u: [1, 2] } }, 'initialValues.u: expected 4 numbers for u, got 2'],

    ['a level out of range', { factors: { [decay]: [0.1, -1] } }, `factors.${decay}[1] ${decay}: expected a number ≥ 0, got -1`],
    ['a factor without levels', { factors: { [decay]: [] } }, `factors["${decay}"]: expected a list of at least 1 item and at most 10000 items or an object, got []`], // prettier-ignore
    ['a constraint that leaves no cell', { constraints: [`${decay} > 5`] }, 'constraints: expected at least one cell to be left, got none of 2; constraints[0] holds in none'], // prettier-ignore
    ['a constraint on a field that is none', { constraints: ['model.depht > 2'] }, 'constraints[0]: column 1: unknown path model.depht; did you mean model.depth?'], // prettier-ignore
    ['a continuation over no factor', { design: { kind: 'continuation', factor: 'model.depth' } }, `design.factor: expected a factor of the study, got "model.depth"; factors are ${decay}`], // prettier-ignore
    ['a Latin hypercube without an interval', { design: { kind: 'latin-hypercube', cells: 3 } }, 'factors: expected an interval, or a list of at least 3 levels, so that no two cells are equal, got shorter lists'], // prettier-ignore
    ['no random cells', { factors: drawn, design: { kind: 'random', cells: 0 } }, 'design.cells: expected a whole number ≥ 1 and ≤ 100000, got 0'], // prettier-ignore
    ['an interval in a grid', { factors: drawn }, `factors.${decay}: expected a list, a range or a logRange in this design, got {"uniform":{"from":0,"to":1}}; random and latin-hypercube draw from an interval`], // prettier-ignore

    ['IDX with another magic', images('magic'), 'items: expected an IDX file, which begins with 0x00 0x00, got 0x01 0x00'],
    ['IDX of a type that is none', images('kind'), 'items, type: expected one of 0x08 (ubyte), 0x09 (byte), 0x0b (short), 0x0c (int), 0x0d (float), 0x0e (double), got 0x07'], // prettier-ignore
    ['IDX that is cut off', images('short'), 'items: expected 18 bytes for ubyte of shape [2,1,1], got 17'],
    ['IDX with more labels than items', images('count'), 'labels: expected 2 labels, one for each item of items, got 3'],
    ['IDX of single numbers', images('single'), 'items: expected items of a shape, got single numbers'],
    ['IDX of one class', images('class'), 'data.train.labels: expected two classes or more, got only class 0'],

    ['tasks out of order', { ...scalar, tasks: [task(5, { 'data.target': 0 }), task(3, { 'data.target': 2 })] }, 'tasks[1].step: expected more than 5, the task before, got 3'], // prettier-ignore
    ['a task after the end', { ...scalar, tasks: [task(10, { 'data.target': 0 })] }, 'tasks[0].step: expected less than the 10 steps of the training, got 10'], // prettier-ignore
    ['a task of a field that is none', { ...scalar, tasks: [task(5, { 'data.targt': 0 })] }, 'tasks[0].set data.targt: unknown field; did you mean target?'], // prettier-ignore

    ['a gate on a metric that is none', gate({ metric: 'los', atMost: 1 }), 'gates[0].metric: expected a metric that the runs record, got "los"; did you mean loss?'], // prettier-ignore
    ['a gate without a limit', gate({}), 'gates[0]: expected atMost, atLeast or both, got {"metric":"loss"}'],
    ['a gate that nothing passes', gate({ atMost: 1, atLeast: 2 }), 'gates[0].atLeast: expected at most atMost, got 2'],
    ['a gate on a factor that is none', gate({ atMost: 1, where: { 'model.depth': 3 } }), 'gates[0].where: expected a factor of the study, got "model.depth"'], // prettier-ignore

    ['a negative deviation', { model: { kind: 'product-linear', init: { std: -1 } } }, 'model.init.std: expected a number ≥ 0, got -1'],
    ['negative noise', { noise: { label: { kind: 'gaussian', std: -1 } } }, 'noise.label.std: expected a number ≥ 0, got -1'],
    ['a momentum of 1', sgd({ momentum: 1 }), 'optimiser.momentum: expected a number ≥ 0 and < 1, got 1'],
    ['a batch larger than the rows', sgd({ batch: 21 }), 'optimiser.batch: expected full or at most the 20 rows of the training part, got 21'], // prettier-ignore
    ['no hidden layer', { model: { kind: 'perceptron', widths: [] } }, 'model.widths: expected a list of at least 1 item and at most 64 items, got []'], // prettier-ignore
    ['a hidden layer of a million', { model: { kind: 'perceptron', widths: [1e6] } }, 'model.widths[0]: expected a whole number ≥ 1 and ≤ 100000, got 1000000'], // prettier-ignore
    ['ten thousand million parameters', { model: { kind: 'perceptron', widths: [1e5, 1e5] } }, 'model: expected at most 268435456 numbers to train, got 10000700001'], // prettier-ignore
  ])('%s', async (_, fields, sentence) => {
    const message = await refused(studyText(fields))
    expect(message.replace(/^study\.yaml:\d+:\d+ /, '')).toBe(sentence)
  })

  test.each<[string, string, string]>([
    ['regularisation: { weightDecay: .nan }', 'regularisation.weightDecay: expected a finite number ≥ 0, got NaN', ''],
    ['initialValues: { u: -.inf }', 'initialValues.u: expected a finite number or a list, got -Infinity', ''],
    ['gates: [{ metric: loss, atMost: .inf }]', 'gates[0].atMost: expected a finite number, got Infinity', ''],
    [`factors: { ${decay}: { range: { from: 0, to: .inf, count: 3 } } }`, `factors["${decay}"].range.to: expected a finite number, got Infinity`, ''], // prettier-ignore
    [
      `factors: { ${decay}: [.nan] }`,
      `factors["${decay}"][0]: expected null or true or false or a finite number or a text or a list or an object, got NaN`,
      '',
    ],
    ['optimiser: { kind: sgd, learningRate: .inf }', 'optimiser.learningRate: expected a finite number > 0, got Infinity', 'optimiser'],
    ['training: { steps: .inf }', 'training.steps: expected a finite whole number ≥ 1 and ≤ 16000000, got Infinity', 'training'],
    ['data: { kind: inline, x: [[1, .nan]] }', 'data.x[0][1]: expected a finite number, got NaN', 'data'],
  ])('a number that is none: %s', async (line, sentence, inPlaceOf) => {
    const lines = ['kagami: 1', 'name: small', 'model: { kind: product-linear }', 'data: { kind: scalar, target: 1 }', 'optimiser: { kind: sgd, learningRate: 0.1 }', 'training: { steps: 10 }'] // prettier-ignore
    const kept = lines.filter((one) => inPlaceOf === '' || !one.startsWith(inPlaceOf))
    const message = await refused([...kept, line, ''].join('\n'))
    expect(message).toMatch(/^study\.yaml:\d+:\d+ /)
    expect(message.replace(/^\S+ /, '')).toBe(sentence)
  })

  test('and nothing of it made a project', () => {
    expect(readdirSync(place.folder).filter((name) => name.endsWith('.kagami'))).toEqual([])
  })
})
