/** What every model does, asked of each alike on the cases of cases.ts, and held to the formulas of core/testing/reference. */
import { describe, expect, test } from 'vitest'
import { inFloat64 } from '#core/engines/float64/float64.ts'
import { inScope, type Tensor } from '#core/engines/ops.ts'
import type { LossKind } from '#core/learning/losses/loss.ts'
import { lossKinds } from '#core/learning/losses/registry.ts'
import { settingsOf } from '#core/learning/kind.ts'
import type { ModelKind } from '#core/learning/models/model.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { lossOf } from '#core/testing/reference/losses.ts'
import { outputOf, upTo, type Rows, type Values } from '#core/testing/reference/models.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lossCases, type ModelCase } from './cases.ts'
import { dataTensor, expectGradients, lanesOf, numbers, stackedValues } from './gradients.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 3, cell: '0'.repeat(64), replicate: 1 })
const parseModel = settingsOf(modelKinds)
const parseLoss = settingsOf(lossKinds)

/** Runs and whether they share their rows. */
const stacks = [
  { runs: 1, isShared: true },
  { runs: 1, isShared: false },
  { runs: 3, isShared: true },
  { runs: 3, isShared: false },
]

export function describeModel(cases: readonly ModelCase[]): void {
  describe.each(cases)('$title', (one) => {
    const settings = parseModel.parse(one.settings)
    const kind: ModelKind = modelKinds[settings.kind] // its functions take the settings of its own kind, which these are
    const shapes = kind.parameters(settings, one.size)
    describeRecord({ kind, settings, shapes, one })
    describeStart({ kind, settings, shapes, one })
    describeOutputs({ kind, settings, shapes, one })
    test.each(lossesFor(one))('has the gradient of the plain formula under %j', (loss) => {
      const ofLoss = parseLoss.parse(loss)
      const lossKind: LossKind = lossKinds[ofLoss.kind] // as above
      for (const stack of stacks) {
        const [x, y] = [inputsOf(one, stack), targetsOf(one, { ...stack, isOneHot: ofLoss.kind === 'cross-entropy' })]
        expectGradients({
          shapes,
          lanes: lanesOf(shapes, stack.runs),
          tensorLoss: (parameters) => lossKind.of(ofLoss, kind.apply(settings, parameters, rowsTensor(x, stack)), rowsTensor(y, stack)),
          plainLoss: (values, r) => lossOf(ofLoss, plainOutput(settings, one, { values, x: laneOf(x, r) }), laneOf(y, r)),
        })
      }
    })
  })
}

type Subject = {
  readonly kind: ModelKind
  readonly settings: ReturnType<typeof parseModel.parse>
  readonly shapes: ReturnType<ModelKind['parameters']>
  readonly one: ModelCase
}

const lossesFor = ({ data, size }: ModelCase): readonly (typeof lossCases)[keyof typeof lossCases][number][] => {
  if (data.kind === 'energy') return lossCases.energy
  const regression = [...lossCases.mse, ...lossCases.sse, ...lossCases.energy] // the sum of outputs is a loss like any other
  return size.outputs > 1 ? [...regression, ...lossCases['cross-entropy']] : regression
}

type Stack = { readonly runs: number; readonly isShared: boolean }

function inputsOf({ data, size }: ModelCase, { runs, isShared }: Stack): Rows[] {
  const value = data.kind === 'energy' ? (z: number) => Math.fround(0.2 + Math.abs(z)) : (z: number) => z // variances are positive
  return upTo(isShared ? 1 : runs, (r) => upTo(data.rows, (i) => numbers(`x/${r}/${i}`, size.inputs).map(value)))
}

function targetsOf({ data, size }: ModelCase, { runs, isShared, isOneHot }: Stack & { readonly isOneHot: boolean }): Rows[] {
  const oneHot = (z: readonly number[]) => z.map((value) => (value === Math.max(...z) ? 1 : 0))
  const row = (purpose: string) => (isOneHot ? oneHot(numbers(purpose, size.outputs)) : numbers(purpose, size.outputs))
  return upTo(isShared ? 1 : runs, (r) => upTo(data.rows, (i) => row(`y/${r}/${i}`)))
}

const laneOf = (lanes: readonly Rows[], r: number): Rows => lanes[lanes.length === 1 ? 0 : r] ?? []

/** [n, d] where the runs share their rows, else [R, n, d]. */
function rowsTensor(lanes: readonly Rows[], { isShared }: Stack): Tensor {
  const rows = dataTensor(lanes)
  return isShared || lanes.length > 1 ? rows : rows.expandDims(0)
}

function plainOutput(settings: Subject['settings'], { size }: ModelCase, { values, x }: { values: Values; x: Rows }): Rows {
  return outputOf(settings, { values, x, outputs: size.outputs })
}

function describeRecord({ kind, settings, shapes, one }: Subject): void {
  test('names its parts consistently', () => {
    const names = shapes.map(({ name }) => name)
    const shapeOf = (name: string) => shapes.find((shape) => shape.name === name)?.shape
    expect(new Set(names).size).toBe(names.length)
    expect(shapes.flatMap(({ shape }) => shape).every((n) => Number.isInteger(n) && n > 0)).toBe(true)
    expect(kind.weightNames(settings)).toContain(kind.subject(settings).weight)
    for (const layer of kind.neurons(settings)) {
      const [incoming, outgoing] = [shapeOf(layer.incoming) ?? [], shapeOf(layer.outgoing) ?? []]
      expect(incoming[1]).toBe(outgoing[0])
      if (layer.bias !== null) expect(shapeOf(layer.bias)).toEqual([incoming[1]])
    }
    const factors = kind.factors(settings)
    if (factors !== null) expect(factors.every((name) => names.includes(name))).toBe(true)
    expect(JSON.parse(JSON.stringify(kind.shapeOf(settings)))).toEqual(kind.shapeOf(settings)) // it is hashed as JSON
    const formula = kind.formula(settings)
    expect([formula.length > 0, formula.split('{').length]).toEqual([true, formula.split('}').length])
  })
  test('gives the weights that it names, as matrices, and the activations of its neurons', () => {
    const x = inputsOf(one, { runs: 2, isShared: true })
    const shown = inScope(() => {
      const parameters = stackedValues(shapes, lanesOf(shapes, 2))
      const shapeOf = (tensors: Readonly<Record<string, Tensor>>) =>
        Object.entries(tensors).map(([name, { shape }]) => [name, [...shape]] as const)
      return { weights: shapeOf(kind.weights(settings, parameters)), hidden: shapeOf(kind.hidden(settings, parameters, dataTensor(x))) }
    })
    expect(shown.weights.map(([name]) => name)).toEqual(kind.weightNames(settings))
    for (const [, shape] of shown.weights) expect([shape[0], shape.length]).toEqual([2, 3])
    const layers = kind.neurons(settings)
    const width = (name: string) => shapes.find((shape) => shape.name === name)?.shape[1]
    const expected = layers.map(({ name, incoming }) => [name, [2, one.data.rows, width(incoming)]])
    expect(shown.hidden.slice(0, layers.length)).toEqual(expected)
  })
}

function describeStart({ kind, settings, shapes, one }: Subject): void {
  test('starts with the sizes of its parameters, from the key alone', () => {
    const start = kind.init(settings, one.size, key)
    expect(Object.entries(start).map(([name, values]) => [name, values.length])).toEqual(
      shapes.map(({ name, shape }) => [name, shape.reduce((product, n) => product * n, 1)]),
    )
    expect(kind.init(settings, one.size, key)).toEqual(start)
    expect(kind.init(settings, one.size, split(key, 'other'))).not.toEqual(start)
    expect(Object.values(start).every((values) => values.every(Number.isFinite))).toBe(true)
  })
  test('starts with no two parameters alike: copies would be on a mirror', () => {
    const drawn = Object.values(kind.init(settings, one.size, key)).filter((values) => values.some((value) => value !== 0))
    expect(new Set(drawn.map((values) => values.join())).size).toBe(drawn.length)
  })
}

function describeOutputs({ kind, settings, shapes, one }: Subject): void {
  test.each(stacks)('has the outputs of the plain formula for $runs runs, shared data: $isShared', (stack) => {
    const x = inputsOf(one, stack)
    const lanes = lanesOf(shapes, stack.runs)
    const expected = lanes.flatMap((values, r) => plainOutput(settings, one, { values, x: laneOf(x, r) }).flat())
    const run = () => {
      const output = kind.apply(settings, stackedValues(shapes, lanes), rowsTensor(x, stack))
      return { shape: [...output.shape], values: Float64Array.from(output.dataSync()) }
    }
    const [double, engine] = [inFloat64(run), inScope(run)]
    expect(double.shape.slice(0, 1)).toEqual([stack.runs])
    expect([double.shape.length, engine.shape]).toEqual([3, double.shape])
    const largest = Math.max(...expected.map(Math.abs))
    expect(double.values).toBeAllclose(expected, { relative: 0, absolute: 1e-13 * (1 + largest) }) // some hundred roundings of 1.1e-16
    expect(engine.values).toBeAllclose(expected, { relative: 0, absolute: 1e-5 * (1 + largest) }) // the same of 6e-8
  })
  test.each(stacks.filter(({ runs }) => runs > 1))('a run of NaN leaves its neighbours their bits, shared data: $isShared', (stack) => {
    const x = inputsOf(one, stack)
    const lanes = lanesOf(shapes, stack.runs)
    const broken = lanes.map((lane, r) => (r === 1 ? mapped(lane, () => Number.NaN) : lane))
    const outputs = (of: typeof lanes) =>
      inScope(() => Array.from(kind.apply(settings, stackedValues(shapes, of), rowsTensor(x, stack)).dataSync()))
    const [whole, hurt] = [outputs(lanes), outputs(broken)]
    const each = whole.length / stack.runs
    expect(hurt.slice(each, 2 * each).every(Number.isNaN)).toBe(true)
    for (const r of [0, 2]) expect(hurt.slice(r * each, (r + 1) * each)).toEqual(whole.slice(r * each, (r + 1) * each))
  })
  test('a parameter that is missing is a bug', () => {
    expect(() => inScope(() => kind.apply(settings, {}, dataTensor(inputsOf(one, { runs: 1, isShared: true }))))).toThrow(
      'bug: model: the parameter',
    )
  })
}

function mapped(values: Values, to: (value: number) => number): Values {
  return Object.fromEntries(Object.entries(values).map(([name, own]) => [name, own.map(to)]))
}
