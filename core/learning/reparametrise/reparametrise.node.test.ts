/** Every reparametrisation of the registry against its plain formula: values, gradients, folding back, starts. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inFloat64 } from '#core/engines/float64/float64.ts'
import { inScope, memory, type Tensors } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { settingsOf } from '#core/learning/kind.ts'
import { mse } from '#core/learning/losses/mse.ts'
import type { ModelKind } from '#core/learning/models/model.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { dataTensor, expectGradients, lanesOf, numbers, stackedValues } from '#core/testing/models/gradients.ts'
import { reparametrisationCases, type ReparametrisationCase } from '#core/testing/models/reparametrisationCases.ts'
import { lossOf } from '#core/testing/reference/losses.ts'
import { outputOf, upTo, type Values } from '#core/testing/reference/models.ts'
import { constraintColumns, expandedBy } from '#core/testing/reference/reparametrisations.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { reparametrisationKinds, reparametrisationSettings } from './registry.ts'
import { reparametrised } from './reparametrise.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 9, cell: '0'.repeat(64), replicate: 1 })
const parseModel = settingsOf(modelKinds)
const rows = 5

/** A case with the kinds that it names, for R runs. */
function problemOf({ settings, plain, model, size }: ReparametrisationCase, runs: number) {
  const modelSettings = parseModel.parse(model)
  const kind: ModelKind = modelKinds[modelSettings.kind] // its functions take the settings of its own kind, which these are
  const shapes = kind.parameters(modelSettings, size)
  const form = reparametrised(shapes, [reparametrisationSettings.parse(settings)])
  const starts = upTo(runs, (r) => form.start(kind.init(modelSettings, size, split(key, `start/${r}`)), split(key, `draw/${r}`)))
  const constants = starts.map((start) => rounded(start.constants))
  const constantShapes = Object.keys(constants[0] ?? {}).map((name) => ({
    name,
    shape: shapes.find((shape) => shape.name === name.slice(0, name.lastIndexOf('/')))?.shape ?? [],
  }))
  const lanes = lanesOf(form.trained, runs)
  const x = upTo(rows, (i) => numbers(`x/${i}`, size.inputs))
  const y = upTo(rows, (i) => numbers(`y/${i}`, size.outputs))
  const replaced = shapes.filter(({ name }) => !form.trained.some((trained) => trained.name === name))
  const plainParameters = (trained: Values, r: number): Values => ({
    ...trained,
    ...expandedBy(plain, replaced, { trained, constants: constants[r] ?? {} }),
  })
  const fold = (trained: Tensors) => form.expand(trained, stackedValues(constantShapes, constants))
  const apply = (parameters: Tensors) => kind.apply(modelSettings, parameters, dataTensor([x]))
  return { shapes, form, starts, constants, lanes, x, y, replaced, plainParameters, fold, apply, outputs: size.outputs, model }
}

function rounded(parameters: Readonly<Record<string, Float64Array>>): Values {
  return Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, Array.from(values, Math.fround)]))
}

/** Numbers of tensors by name; of the active engine. */
function read(tensors: Tensors): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, Float64Array.from(value.dataSync())]))
}

describe('reparametrisations on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  test('every row of the registry has cases', () =>
    expect(Object.keys(reparametrisationCases)).toEqual(Object.keys(reparametrisationKinds)))

  describe.each(Object.entries(reparametrisationCases))('%s', (_, cases: readonly ReparametrisationCase[]) => {
    describe.each(cases)('$title', (one) => {
      test.each([1, 3])('has the gradient of the plain formula for %d runs', (runs) => {
        const { form, lanes, x, y, plainParameters, fold, apply, outputs, model } = problemOf(one, runs)
        expectGradients({
          shapes: form.trained,
          lanes,
          tensorLoss: (trained) => mse.of({ kind: 'mse', scale: 1 }, apply(fold(trained)), dataTensor([y])),
          plainLoss: (values, r) =>
            lossOf({ kind: 'mse', scale: 1 }, outputOf(model, { values: plainParameters(values, r), x, outputs }), y),
        })
      })
      test('folds in float32 to what it folds to in float64, up to the rounding of float32', () => {
        const { shapes, form, lanes, fold, plainParameters } = problemOf(one, 3)
        const run = () => read(fold(stackedValues(form.trained, lanes)))
        const [single, double] = [inScope(run), inFloat64(run)]
        expect(Object.keys(double).toSorted()).toEqual(shapes.map(({ name }) => name).toSorted())
        for (const { name } of shapes) {
          const expected = lanes.flatMap((lane, r) => plainParameters(lane, r)[name] ?? [])
          const largest = Math.max(...expected.map(Math.abs))
          // at most some thirty roundings: two products with O of twelve rows, or four factors
          expect(double[name]).toBeAllclose(expected, { relative: 0, absolute: 30 * 2 ** -53 * (1 + largest) })
          expect(single[name]).toBeAllclose(expected, { relative: 0, absolute: 30 * 2 ** -24 * (1 + largest) })
        }
      })
      test('the plain model with the folded weights gives the same outputs', () => {
        const { shapes, form, lanes, fold, apply } = problemOf(one, 3)
        const folded = inFloat64(() => read(fold(stackedValues(form.trained, lanes))))
        const plainLanes = lanes.map((_, r) =>
          Object.fromEntries(
            shapes.map(({ name, shape }) => {
              const size = shape.reduce((product, n) => product * n, 1)
              return [name, Array.from((folded[name] ?? new Float64Array()).subarray(r * size, (r + 1) * size))]
            }),
          ),
        )
        const through = () => Float64Array.from(apply(fold(stackedValues(form.trained, lanes))).dataSync())
        const plain = () => Float64Array.from(apply(stackedValues(shapes, plainLanes)).dataSync())
        expect(inFloat64(plain)).toEqual(inFloat64(through)) // the same numbers through the same operations
        const single = inScope(plain)
        const largest = Math.max(...single.map(Math.abs))
        expect(single).toBeAllclose(inScope(through), { relative: 0, absolute: 60 * 2 ** -24 * (1 + largest) }) // the weights differ by 30 roundings, above
      })
    })
  })
})

describe('starts', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  const size = { inputs: 3, outputs: 3 }
  const settings = parseModel.parse({ kind: 'linear', init: { std: 0.5 } })
  const own = modelKinds.linear.init({ kind: 'linear', init: { std: 0.5 } }, size, key)['v'] ?? new Float64Array()
  const shapes = modelKinds.linear.parameters({ kind: 'linear', init: { std: 0.5 } }, size)
  const startOf = (reparametrisation: object) => {
    const form = reparametrised(shapes, [reparametrisationSettings.parse(reparametrisation)])
    const { trained, constants } = form.start({ v: own }, key)
    const lane = (parameters: Readonly<Record<string, Float64Array>>) =>
      Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]]))
    const expanded = inFloat64(() => {
      const constantShapes = Object.keys(constants).map((name) => ({ name, shape: [3, 3] }))
      return read(form.expand(stackedValues(form.trained, [lane(trained)]), stackedValues(constantShapes, [lane(constants)])))
    })
    return { trained, constants, expanded: expanded['v'] ?? new Float64Array() }
  }

  test('a model that is trained as it is starts with its own values', () => {
    expect(settings.kind).toBe('linear')
    expect(reparametrised(shapes, []).start({ v: own }, key)).toEqual({ trained: { v: own }, constants: {} })
  })
  test.each([2, 3, 7])('a product of %d factors without jitter starts with the values of the model', (depth) => {
    expect(startOf({ kind: 'product', depth, jitter: 0 }).expanded).toBeAllclose(own, { relative: 1e-14 }) // a root and up to 7 products
  })
  test('a product of two without jitter is on the mirror u = ±w, with its default jitter on none', () => {
    const without = startOf({ kind: 'product', jitter: 0 }).trained
    expect(without['v/u']?.map(Math.abs)).toEqual(without['v/w'])
    const { trained } = startOf({ kind: 'product' })
    const apart = Array.from(trained['v/u'] ?? [], (u, i) => Math.abs(Math.abs(u) - Math.abs(trained['v/w']?.[i] ?? u)))
    expect(Math.min(...apart)).toBeGreaterThan(1e-5) // nine differences of deviation .014: one below 1e-5 has the chance 9 · 6e-4
  })
  const tied = { kind: 'dcs', constraint: { kind: 'symmetric-matrix' } }
  const components = (theta: ArrayLike<number>) =>
    constraintColumns({ kind: 'symmetric-matrix' }, [{ name: 'v', shape: [3, 3] }]).map((column) =>
      column.reduce((sum, value, i) => sum + value * (theta[i] ?? Number.NaN), 0),
    )
  test('DCS without jitter starts with the values of the model, its conditions further out by ε = 1e-4', () => {
    const { expanded } = startOf({ ...tied, jitter: 0 })
    const [s, now] = [components(own), components(expanded)]
    expect(now).toBeAllclose(s.map((value) => value + Math.sign(value) * 1e-4)) // u·w = sign(s)(|s| + ε)
    const symmetric = (theta: ArrayLike<number>) => [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => ((theta[3 * i + j] ?? 0) + (theta[3 * j + i] ?? 0)) / 2)) // prettier-ignore
    expect(symmetric(expanded)).toBeAllclose(symmetric(own), { absolute: 1e-15 })
  })
  test('a group gate without jitter starts with the values of the model', () => {
    expect(startOf({ ...tied, gate: 'group', jitter: 0 }).expanded).toBeAllclose(own, { absolute: 1e-15 }) // a handful of roundings below 1
  })
  test('DCS of a model that starts on the constraint leaves it by its jitter and ε alone', () => {
    const form = reparametrised(shapes, [reparametrisationSettings.parse(tied)])
    const { trained } = form.start({ v: new Float64Array(9) }, key)
    for (const part of ['dcs:v/u', 'dcs:v/w']) for (const value of trained[part] ?? []) expect(Math.abs(value - 0.01)).toBeLessThan(0.05) // √ε, five deviations
    expect(trained['dcs:v/u']).not.toEqual(trained['dcs:v/w'])
  })
  test('a residual connection starts at the identity beside the values of the model', () => {
    expect(startOf({ kind: 'residual' }).expanded).toEqual(own.map((value, i) => value + (i % 4 === 0 ? 1 : 0)))
  })
  test('syre starts at the values of the model beside its bias, drawn with σ₀ or given', () => {
    const { expanded, constants } = startOf({ kind: 'syre', std: 0.2 })
    expect(expanded).toEqual(own.map((value, i) => value + (constants['v/bias']?.[i] ?? Number.NaN)))
    const bias = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    expect(startOf({ kind: 'syre', std: 0.2, bias }).expanded).toEqual(own.map((value, i) => value + (bias[i] ?? Number.NaN)))
    expect(startOf({ kind: 'syre', std: 0 }).expanded).toEqual(own)
  })
  test('an asymmetric mask starts at the values of the model where nothing is frozen', () => {
    const { expanded, constants } = startOf({ kind: 'asymmetric-mask', fixed: 0.5 })
    const mask = constants['v/mask'] ?? []
    for (const [i, value] of expanded.entries()) expect(value).toBe(mask[i] === 1 ? own[i] : constants['v/frozen']?.[i])
    expect(new Set(mask)).toEqual(new Set([0, 1])) // all alike by chance 2 in 512; the key is fixed
  })
  test('a low-rank factorisation starts with entries of the size of the model', () => {
    const large = { inputs: 60, outputs: 50 }
    const wide = modelKinds.linear.parameters({ kind: 'linear', init: { std: 0.5 } }, large)
    const model = modelKinds.linear.init({ kind: 'linear', init: { std: 0.5 } }, large, key)
    const form = reparametrised(wide, [reparametrisationSettings.parse({ kind: 'low-rank', width: 20 })])
    const { trained } = form.start(model, key)
    const lane = Object.fromEntries(Object.entries(trained).map(([name, values]) => [name, [...values]]))
    const entries = inFloat64(() => read(form.expand(stackedValues(form.trained, [lane]), {})))['v'] ?? new Float64Array()
    const variance = entries.reduce((sum, value) => sum + value ** 2, 0) / entries.length
    // E‖UV‖²/mn = s² = .25; relative deviation √(2/mr + 2/nr + 2/rmn·…) ≈ √(2/1200 + 2/1000) = .06, four of them
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(0.25)
  })
})
