import { describe, expect, test } from 'vitest'
import type { Json } from '#core/contract/values.ts'
import { studySchema } from './schema.ts'
import { taskStudies } from './tasks.ts'

const study = (tasks: readonly unknown[]) =>
  studySchema.parse({
    kagami: 1,
    name: 'a',
    model: { kind: 'product-linear' },
    data: { kind: 'sparse-linear', samples: 8, features: 3, coefficients: [1], noise: 0.1 },
    optimiser: { kind: 'sgd', learningRate: 0.1 },
    training: { steps: 100 },
    tasks,
  })
const task = (step: number, set: Record<string, Json>) => ({ step, set })

describe('taskStudies', () => {
  test('of a study without tasks is the study from step 0', () => {
    const one = study([])
    expect(taskStudies(one)).toEqual([{ step: 0, study: one }])
  })
  test('a thousand tasks are read one by one', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => task(i + 1, { 'data.noise': i }))
    const made = taskStudies({ ...study([]), tasks: many, training: { steps: 2_000, record: {} } })
    expect(made).toHaveLength(1_001)
    expect(made.at(-1)?.study.data).toMatchObject({ noise: 999 })
  })
  test('each task has the changes of all before it', () => {
    const made = taskStudies(
      study([task(10, { 'data.noise': 0 }), task(20, { 'data.coefficients': [2, 3] }), task(99, { 'data.noise': 1 })]),
    )
    expect(made.map(({ step, study: { data } }) => [step, data])).toMatchObject([
      [0, { noise: 0.1, coefficients: [1] }],
      [10, { noise: 0, coefficients: [1] }],
      [20, { noise: 0, coefficients: [2, 3] }],
      [99, { noise: 1, coefficients: [2, 3] }],
    ])
  })
  test('a task may change one item of a list', () => {
    const [, changed] = taskStudies(study([task(1, { 'data.coefficients[0]': 7 })]))
    expect(changed?.study.data).toMatchObject({ coefficients: [7] })
  })
  test.each([
    [[task(10, {}), task(10, {})], 'tasks[1].step: expected more than 10, the task before, got 10'],
    [[task(10, {}), task(9, {})], 'tasks[1].step: expected more than 10, the task before, got 9'],
    [[task(100, {})], 'tasks[0].step: expected less than the 100 steps of the training, got 100'],
    [[task(10, { 'data.noise': -1 })], 'tasks[0].set data.noise: expected a number ≥ 0, got -1'],
    [[task(10, { 'data.nosie': 1 })], 'tasks[0].set data.nosie: unknown field; did you mean noise?'],
    [[task(10, {}), task(20, { 'data.coefficients': [1, 2, 3, 4] })], 'tasks[1].set data.coefficients: expected at most as many'],
  ])('%j is refused: %s', (tasks, sentence) => expect(() => taskStudies(study(tasks))).toThrow(sentence))
  test.each([[{ 'data.testSamples': 5 }], [{ data: 1 }], [{ 'data.kind': 'scalar', 'data.target': 1 }]])(
    '%j is refused: the parts and the kind of the data stay',
    (set) => {
      expect(() => taskStudies({ ...study([]), tasks: [{ step: 10, set }] })).toThrow('tasks[0].set')
    },
  )
  test('a task may not read another file', () => {
    const csv = { ...study([]), data: { kind: 'csv', path: 'a.csv', target: 'y' }, tasks: [task(10, { 'data.path': 'b.csv' })] }
    expect(() => taskStudies(studySchema.parse(csv))).toThrow(
      'tasks[0].set: expected data of the same kind, files, parts and targets as before, got others',
    )
  })
  test.each(['model.depth', 'dat.noise', 'data', 'training.steps'])('%s is not of the data', (path) => {
    expect(studySchema.safeParse({ ...study([]), tasks: [task(10, { [path]: 1 })] }).success).toBe(false)
  })
})
