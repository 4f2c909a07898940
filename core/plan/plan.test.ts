import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freezeStudy, readStudy } from '#core/study/study.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { estimateSeconds, planStacks, shapeOf, type DataSize, type PlannedRun, type Stack } from './plan.ts'

expect.extend({ toBeAllclose })

const text = `
kagami: 1
name: small
model: { kind: product-linear }
data: { kind: sparse-linear, samples: 8, features: 3, coefficients: [1] }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 100 }
`
const size: DataSize = ({ data }) => {
  if (data.kind === 'csv') return { rows: 442, inputs: 10, outputs: 1 }
  if (data.kind === 'low-rank-matrix') return { rows: data.rows, inputs: data.rows, outputs: data.columns }
  if (data.kind === 'idx') return { rows: 60, inputs: 64, outputs: 10 }
  if (data.kind !== 'sparse-linear') throw new Error(`no study here has data of kind ${data.kind}`)
  return { rows: data.samples, inputs: data.features, outputs: 1 }
}
const study = (overrides: readonly string[]) => freezeStudy(readStudy({ text, name: 'study.yaml', overrides }), () => 'a'.repeat(64))
const plan = (overrides: readonly string[], isWanted: (run: PlannedRun) => boolean = () => true) =>
  planStacks(study(overrides), { size, isWanted })
const factor = (path: string, levels: string) => `factors["${path}"]=${levels}`

describe('planStacks', () => {
  test.each([
    ['regularisation.weightDecay', '[0, 0.1, 1]'],
    ['optimiser.learningRate', '[0.1, 0.2]'],
    ['model.init.std', '[0.1, 0.5]'],
    ['data.noise', '[0, 0.3]'],
    ['data.coefficients', '[[1], [2, 3]]'],
    ['noise.label.std', '[0.1, 0.3]', 'noise.label={kind: gaussian, std: 1}'],
    ['noise.gradient.std', '[0.1, 0.3]', 'noise.gradient={kind: isotropic, std: 1}'],
    ['initialValues', '[{}, {u: 1}, {u: [1, 2, 3]}]'],
    ['reparametrise[0].std', '[0.1, 0.2]', 'reparametrise=[{kind: syre, std: 1}]'],
    ['regularisation.groups[0].weightDecay', '[1, 3]', 'regularisation.groups=[{parameters: u, weightDecay: 2}]'],
    ['tasks[0].set', '[{data.noise: 1}, {data.noise: 2}]', 'tasks=[{step: 10, set: {data.noise: 0}}]'],
  ])('runs that differ in %s alone train in one stack', (path, levels, ...more) =>
    expect(plan([...more, factor(path, levels), 'seeds.count=3'])).toHaveLength(1),
  )
  test.each([
    ['model.depth', '[2, 3]'],
    ['model', '[{kind: linear}, {kind: product-linear}]'],
    ['training.steps', '[100, 200]'],
    ['training.record.every', '[1, 2]'],
    ['optimiser.batch', '[full, 4]'],
    ['optimiser.momentum', '[0, 0.5]'],
    ['data.samples', '[8, 9]'],
    ['data.features', '[3, 4]'],
    ['data.testSamples', '[0, 5]'], // what is recorded differs
    ['reparametrise', '[[], [{kind: syre, std: 0.1}]]'],
    ['noise.label.std', '[0, 0.3]', 'noise.label={kind: gaussian, std: 1}'], // without noise an oracle speaks
    ['noise', '[{}, {label: {kind: gaussian, std: 0.1}}]'],
    ['noise.gradient.kind', '[isotropic, multiplicative]', 'noise.gradient={kind: isotropic, std: 1}'],
    ['optimiser.schedule', '[{kind: constant}, {kind: cosine}]'],
    ['optimiser.clip', '[{norm: 1}, {norm: 2}]'],
    ['optimiser.decoupled', '[false, true]'],
    ['loss.scale', '[1, 0.5]'],
    ['tasks', '[[], [{step: 10, set: {data.noise: 1}}]]'],
    ['regularisation.groups', '[[], [{parameters: u, weightDecay: 1}]]'],
  ])('%s splits the runs into stacks', (path, levels, ...more) => {
    const stacks = plan([...more, factor(path, levels), 'seeds.count=3'])
    expect(stacks.map(({ runs }) => runs.length)).toEqual([3, 3])
  })
  test('every cell with every replicate is a run once, with an id of its own', () => {
    const runs = plan([factor('model.depth', '[2, 3]'), factor('regularisation.weightDecay', '[0, 1]'), 'seeds.count=5']).flatMap(
      (stack) => stack.runs,
    )
    expect(runs).toHaveLength(20)
    expect(new Set(runs.map(({ id }) => id)).size).toBe(20)
    expect(new Set(runs.map(({ replicate }) => replicate))).toEqual(new Set([1, 2, 3, 4, 5]))
  })
  test('a seed more leaves the ids of the runs that were there', () => {
    const ids = (count: number) =>
      plan([factor('regularisation.weightDecay', '[0, 1]'), `seeds.count=${count}`]).flatMap(({ runs }) => runs.map(({ id }) => id))
    expect(ids(3)).toEqual(expect.arrayContaining(ids(2)))
  })
  test('plans only the runs that are wanted', () => {
    const stacks = plan(
      [factor('model.depth', '[2, 3]'), 'seeds.count=4'],
      ({ replicate, cell }) => replicate > 2 && cell.study.training.steps === 100,
    )
    expect(stacks.map(({ runs }) => runs.map(({ replicate }) => replicate))).toEqual([
      [3, 4],
      [3, 4],
    ])
    expect(plan([], () => false)).toEqual([])
  })
  test('a stack ends at 1,024 runs', () => {
    const stacks = plan(['seeds.count=2500'])
    expect(stacks.map(({ runs }) => runs.length)).toEqual([1024, 1024, 452])
    expect(stacks.flatMap(({ runs }) => runs.map(({ replicate }) => replicate))).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1))
  })
  test('a stack ends where its program would leave 512 MiB, and one run is always a stack', () => {
    const stacks = plan(['data.samples=100000', 'data.features=100', 'seeds.count=20'])
    for (const { programBytes } of stacks) expect(programBytes).toBeLessThanOrEqual(512 * 2 ** 20)
    // a run of its own data holds at least 100,000 × 100 float32, 40 MB: 13 of them make 512 MiB
    expect(stacks.map(({ runs }) => runs.length)).toEqual([13, 7])
    expect(plan(['data.samples=1000000', 'data.features=1000', 'seeds.count=2']).map(({ runs }) => runs.length)).toEqual([1, 1])
  })
  test('a run of more than 2²⁸ numbers is refused before anything is made', () => {
    const factorised = 'data={kind: low-rank-matrix, rows: 2000, columns: 2000, singularValues: [1]}'
    // 2000 · w + w · 2000: 10,000 of width are 4 · 10⁷; a perceptron has no such bound of its own
    expect(plan([factorised, 'model={kind: matrix-factorisation, width: 10000}'])[0]?.parameters).toBe(4e7)
    expect(() => plan(['model={kind: perceptron, widths: [20000, 20000]}'])).toThrow(
      'model: expected at most 268435456 numbers to train, got 400120001', // 3·20000 + 20000 + 20000² + 20000 + 20000 + 1
    )
  })
  test('tells what a stack is', () => {
    const [stack] = plan(['model.depth=3', 'seeds.count=4'])
    expect(stack).toMatchObject({ steps: 100, parameters: 9, rows: 8, inputs: 3, outputs: 1, isShared: false })
    const [shared] = plan(['data={kind: csv, path: a.csv, target: y}'])
    expect(shared).toMatchObject({ rows: 442, inputs: 10, outputs: 1, isShared: true })
    const [matrix] = plan([
      'data={kind: low-rank-matrix, rows: 6, columns: 4, singularValues: [1]}',
      'model={kind: matrix-factorisation, width: 3}',
    ])
    expect([stack?.multiplications, matrix?.multiplications]).toEqual([3, 6 * 3 + 3 * 4])
    expect(matrix).toMatchObject({ rows: 6, inputs: 6, outputs: 4, parameters: 6 * 3 + 3 * 4, isShared: false })
  })
  test('counts 8 bytes for every recorded value', () => {
    const bytes = (overrides: readonly string[]) => plan(overrides)[0]?.seriesBytes ?? Number.NaN
    const [one, two] = [bytes(['measure=[loss]']), bytes(['measure=[loss]', 'seeds.count=2'])]
    expect(two - one).toBeGreaterThanOrEqual(8 * 101) // steps 0 … 100
    expect(two - one).toBeLessThanOrEqual(8 * 103)
  })
})

describe('a model of images', () => {
  const idx = ['data={kind: idx, path: mnist}', 'model={kind: convolutional, channels: [4]}', 'loss={kind: cross-entropy}']
  test('makes every run a stack of its own, and counts what a filter does at every place', () => {
    const stacks = plan([...idx, factor('regularisation.weightDecay', '[0, 0.1]'), 'seeds.count=3'])
    expect(stacks.map(({ runs }) => runs.length)).toEqual([1, 1, 1, 1, 1, 1])
    expect(stacks[0]).toMatchObject({
      parameters: 9 * 4 + 4 + 64 * 10 + 10,
      multiplications: 64 * 9 * 4 + 64 * 10,
      inputs: 64,
      outputs: 10,
    })
  })
  test.each([
    [[14, 56], '14 × 56'], // 784 = 28²
    [[6, 18], '6 × 18'], // 108 = 3 · 6²
    [[3, 6, 6], '3 × 6 × 6'], // channels first
    [[14, 14, 4], '14 × 14 × 4'], // 784 again
    [[2, 2, 1, 1], '2 × 2 × 1 × 1'],
  ])('is not trained on items of %j as if they were square', (item, words) => {
    const inputs = item.reduce((product, n) => product * n, 1)
    const of = (overrides: readonly string[]) =>
      planStacks(study([...idx, ...overrides]), { size: () => ({ rows: 60, inputs, outputs: 10, item }), isWanted: () => true })
    expect(() => of([])).toThrow(
      `model.image: expected height, width and channels for items of ${words}, which are no square images of one channel or three, got nothing`,
    )
    expect(of([`model.image=[1, ${inputs}, 1]`, 'model.pooling=none'])).toHaveLength(1)
    expect(of(['model={kind: perceptron, widths: [4]}'])).toHaveLength(1)
  })
  test.each([[[28, 28]], [[28, 28, 1]], [[6, 6, 3]], [[784]]])('is trained on items of %j', (item) => {
    const inputs = item.reduce((product, n) => product * n, 1)
    expect(planStacks(study(idx), { size: () => ({ rows: 60, inputs, outputs: 10, item }), isWanted: () => true })).toHaveLength(1)
  })
  test('takes other data where the study says what image a row is', () => {
    const other = ['data.features=9', 'model={kind: convolutional, channels: [4], pooling: none}']
    expect(() => plan(other)).toThrow(
      'model.image: expected height, width and channels for data of the kind sparse-linear, which are no images, got nothing',
    )
    expect(plan([...other, 'model.image=[3, 3, 1]'])).toHaveLength(1)
    expect(() => plan([...other, 'model.image=[3, 4, 1]'])).toThrow(
      'model.image: expected height × width × channels to be the 9 columns of x, got 3 × 4 × 1',
    )
  })
})

describe('a pattern', () => {
  test.each([
    ['initialValues={u: [1, 2]}', 'initialValues.u: expected 3 numbers for u, got 2'],
    ['initialValues={v: 1}', 'initialValues: expected a pattern of the parameters u, w, got "v"'],
    [
      'regularisation.groups=[{parameters: "layer*", weightDecay: 1}]',
      'regularisation.groups[0].parameters: expected a pattern of the parameters u, w, got "layer*"',
    ],
    ['reparametrise=[{kind: syre, std: 1, parameters: v}]', 'expected a pattern of the parameters u, w, got "v"'],
  ])('%s that does not fit is refused before anything runs', (override, sentence) => expect(() => plan([override])).toThrow(sentence))
  test('names what is trained: after a reparametrisation its variables', () => {
    const syre = 'reparametrise=[{kind: syre, std: 1, parameters: u}]'
    expect(plan([syre, 'initialValues={u/free: 0, w: 1}'])).toHaveLength(1)
    expect(() => plan([syre, 'initialValues={u: 0}'])).toThrow('expected a pattern of the parameters w, u/free, got "u"')
  })
})

describe('a task', () => {
  test.each([
    ['{step: 10, set: {data.samples: 9}}', 'tasks[0].set: expected data of 8 rows, 3 inputs and 1 outputs as before, got 9, 3 and 1'],
    ['{step: 100, set: {data.noise: 1}}', 'tasks[0].step: expected less than the 100 steps of the training, got 100'],
  ])('%s is refused before anything runs', (one, sentence) => expect(() => plan([`tasks=[${one}]`])).toThrow(sentence))
  test('of shared data splits the runs into stacks: a stack holds it once', () => {
    const csv = ['data={kind: csv, path: a.csv, target: y}', 'tasks=[{step: 10, set: {data.target: a}}]']
    expect(plan([...csv, factor('tasks[0].set', '[{data.target: a}, {data.target: b}]')])).toHaveLength(2)
  })
})

describe('shapeOf', () => {
  test('does not hold what may differ from run to run', () => {
    const [a, b] = study([factor('regularisation.weightDecay', '[0, 1]')]).cells
    if (a === undefined || b === undefined) throw new Error('expected two cells')
    expect(shapeOf(a.study, size)).toEqual(shapeOf(b.study, size))
  })
})

describe('estimateSeconds', () => {
  const stack = (more: Partial<Stack> & { count?: number }): Stack => {
    const { count = 10, ...rest } = more
    const [first] = plan([`seeds.count=${count}`])
    if (first === undefined) throw new Error('expected a stack')
    return { ...first, seen: 60, multiplications: 12, parameters: 24, steps: 1000, ...rest }
  }
  test('is positive and finite, and proportional to the steps', () => {
    expect(estimateSeconds(stack({}))).toBeGreaterThan(0)
    expect(estimateSeconds(stack({ steps: 4000 }))).toBeAllclose(4 * estimateSeconds(stack({})))
  })
  test('grows with runs, rows of a step, weights and parameters, and is less for minibatches', () => {
    const seconds = estimateSeconds(stack({}))
    expect(estimateSeconds(stack({ count: 11 }))).toBeGreaterThan(seconds)
    const [full, few] = [[], ['optimiser.batch=4']].map((more) => plan(more)[0])
    if (full === undefined || few === undefined) throw new Error('expected two stacks')
    expect([full.seen, few.seen]).toEqual([8, 4])
    expect(estimateSeconds(few)).toBeLessThan(estimateSeconds(full))
    fc.assert(
      fc.property(fc.constantFrom('seen', 'multiplications', 'parameters'), fc.integer({ min: 1, max: 1000 }), (field, more) => {
        expect(estimateSeconds({ ...stack({}), [field]: stack({})[field] + more })).toBeGreaterThan(seconds)
      }),
      { numRuns: 20 },
    )
  })
})
