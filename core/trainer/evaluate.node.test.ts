import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memory } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { fitsFloat64, hiddenOf, lossOfOutputs, plainNetwork, scoreOf } from './evaluate.ts'
import type { Lane } from './lanes.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 3, cell: '0'.repeat(64), replicate: 1 })
const drawn = (name: string, rows: number, columns: number): number[][] =>
  rowsOf({ rows, columns, values: drawNormal(split(key, name), rows * columns) })

function rowsOf({ rows, columns, values }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)])
}
const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
})
const get = (rows: readonly (readonly number[])[], i: number, j: number) => rows[i]?.[j] ?? Number.NaN
/** The product of two matrices by its definition. */
const times = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]) =>
  a.map((row) => Array.from({ length: b[0]?.length ?? 0 }, (_, k) => row.reduce((sum, value, j) => sum + value * get(b, j, k), 0)))
const turned = (a: readonly (readonly number[])[]) =>
  Array.from({ length: a[0]?.length ?? 0 }, (_, j) => a.map((row) => row[j] ?? Number.NaN))
const map = (a: readonly (readonly number[])[], f: (value: number, i: number, j: number) => number) =>
  a.map((row, i) => row.map((value, j) => f(value, i, j)))

const [n, d, q] = [6, 3, 2]
const x = drawn('x', n, d)
const y = drawn('y', n, q)

/** A lane of some model on these rows. */
function laneOf(fields: Fields, targets: readonly (readonly number[])[] | null = y, inputs: readonly (readonly number[])[] = x): Lane {
  const [lane] = lanesOf([{ data: { kind: 'inline', x: inputs, ...(targets === null ? {} : { y: targets }) }, ...fields }])
  if (lane === undefined) throw new Error('expected a lane')
  return lane
}
/** Parameters that no float32 can hold, by the shapes of the lane. */
const numbers = (lane: Lane): Parameters =>
  Object.fromEntries(
    lane.form.trained.map(({ name, shape }) => [
      name,
      drawNormal(
        split(key, `p/${name}`),
        shape.reduce((product, size) => product * size, 1),
      ),
    ]),
  )
const square = (lane: Lane, parameters: Parameters, name: string) => {
  const shape = lane.form.trained.find((one) => one.name === name)?.shape ?? []
  return rowsOf({ rows: shape[0] ?? 0, columns: shape[1] ?? 1, values: parameters[name] ?? new Float64Array() })
}
const meanSquare = (outputs: readonly (readonly number[])[], targets: readonly (readonly number[])[]) =>
  outputs.flatMap((row, i) => row.map((value, k) => (value - get(targets, i, k)) ** 2)).reduce((sum, value) => sum + value, 0) /
  outputs.length

let before = 0
beforeAll(async () => void (await startEngine('wasm')))
beforeEach(() => void (before = memory().numTensors))
afterEach(() => expect(memory().numTensors).toBe(before))

describe('scoreOf in float64', () => {
  type Plain = (lane: Lane, parameters: Parameters) => readonly (readonly number[])[]
  const models: [string, Fields, Plain][] = [
    ['linear', { kind: 'linear' }, (lane, p) => times(x, square(lane, p, 'v'))],
    [
      'product-linear',
      { kind: 'product-linear', depth: 3 },
      (lane, p) => {
        const [a, b, c] = ['u1', 'u2', 'u3'].map((name) => square(lane, p, name)) as [number[][], number[][], number[][]] // three names
        return times(
          x,
          map(a, (value, i, j) => value * get(b, i, j) * get(c, i, j)),
        )
      },
    ],
    [
      'matrix-factorisation',
      { kind: 'matrix-factorisation', width: 4 },
      (lane, p) => times(times(x, square(lane, p, 'u')), square(lane, p, 'v')),
    ],
    ...(['tanh', 'relu', 'gelu', 'identity'] as const).map((activation): [string, Fields, Plain] => [
      `perceptron, ${activation}`,
      { kind: 'perceptron', widths: [5, 4], activation },
      (lane, p) => {
        const f = {
          tanh: Math.tanh,
          relu: (z: number) => Math.max(z, 0),
          gelu: (z: number) => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
          identity: (z: number) => z,
        }[activation]
        const layer = (inputs: readonly (readonly number[])[], l: number) =>
          map(times(inputs, square(lane, p, `layer${l}.weight`)), (value, _, j) => value + (p[`layer${l}.bias`]?.[j] ?? Number.NaN))
        return layer(map(layer(map(layer(x, 1), f), 2), f), 3)
      },
    ]),
    [
      'perceptron without biases',
      { kind: 'perceptron', widths: [5], biases: false },
      (lane, p) => times(map(times(x, square(lane, p, 'layer1.weight')), Math.tanh), square(lane, p, 'layer2.weight')),
    ],
  ]
  test.each(models)('of %s is the mean of squares by plain loops', (_, model, plain) => {
    const lane = laneOf({ model })
    const parameters = numbers(lane)
    const { loss, accuracy } = scoreOf(lane, parameters, lane.data.train)
    expect(loss).toBeAllclose(meanSquare(plain(lane, parameters), y))
    expect(accuracy).toBeAllclose(agreement(plain(lane, parameters), y))
  })
  test.each([
    ['matrix-factorisation, UUᵀ', { kind: 'matrix-factorisation', width: 4, form: 'positive-semidefinite' }, 'u'],
    ['tied-autoencoder', { kind: 'tied-autoencoder', width: 2 }, 'w'],
  ] as const)('of %s is that of xWWᵀ', (_, model, name) => {
    const lane = laneOf({ model }, null)
    const parameters = numbers(lane)
    const weight = square(lane, parameters, name)
    expect(scoreOf(lane, parameters, lane.data.train).loss).toBeAllclose(meanSquare(times(times(x, weight), turned(weight)), x))
  })
  test('of the linear β-VAE is its own energy', () => {
    const lambda = [2, 0.7, 0.1]
    const lane = laneOf({ model: { kind: 'linear-vae', beta: 1.5, noise: 0.8 }, loss: { kind: 'energy' } }, null, [lambda])
    const p = numbers(lane)
    const at = (name: string, i: number) => p[name]?.[i] ?? Number.NaN
    const energy = lambda.reduce((sum, variance, i) => {
      const [u, w, tau] = [at('u', i), at('w', i), Math.exp(at('logVariance', i))]
      const missed = (u * w - 1) ** 2 * variance + u ** 2 * tau
      return sum + missed / (2 * 0.8 ** 2) + 0.75 * (w ** 2 * variance + tau - Math.log(tau) - 1)
    }, 0)
    expect(scoreOf(lane, p, lane.data.train).loss).toBeAllclose(energy)
  })
  test('of the self-supervised landscape is its own energy', () => {
    const [a, s] = [
      [1, 0.5, -0.2],
      [2, 1, 0.3],
    ] as const
    const lane = laneOf({ model: { kind: 'self-supervised', width: 2 }, loss: { kind: 'energy' } }, null, [a, s])
    const p = numbers(lane)
    const weight = square(lane, p, 'w')
    const inner = (by: readonly number[]) =>
      times(
        map(weight, (value, _, j) => value * (by[j] ?? Number.NaN)),
        turned(weight),
      )
    const trace = inner(a).reduce((sum, row, i) => sum + (row[i] ?? Number.NaN), 0)
    const squares = inner(s)
      .flat()
      .reduce((sum, value) => sum + value ** 2, 0)
    expect(scoreOf(lane, p, lane.data.train).loss).toBeAllclose(squares / 4 - trace / 2)
  })
  test('of other losses', () => {
    const labels = x.map((_, i) => [i % 2, 1 - (i % 2)])
    const outputs = (lane: Lane) => times(x, square(lane, numbers(lane), 'v'))
    const score = (loss: Fields) => {
      const lane = laneOf({ model: { kind: 'linear' }, loss }, labels)
      return { outputs: outputs(lane), loss: scoreOf(lane, numbers(lane), lane.data.train).loss }
    }
    const sum = score({ kind: 'sse', scale: 0.5 })
    expect(sum.loss).toBeAllclose((meanSquare(sum.outputs, labels) * n) / 2)
    for (const smoothing of [0, 0.1]) {
      const entropy = score({ kind: 'cross-entropy', smoothing })
      const expected = entropy.outputs.map((row, i) => {
        const total = row.reduce((so, value) => so + Math.exp(value), 0)
        return row.reduce(
          (so, value, k) => so - ((1 - smoothing) * get(labels, i, k) + smoothing / 2) * Math.log(Math.exp(value) / total),
          0,
        )
      })
      expect(entropy.loss).toBeAllclose(expected.reduce((so, value) => so + value, 0) / n)
    }
  })
  test('of a part without rows is NaN', () => {
    const lane = laneOf({ model: { kind: 'linear' } })
    const empty: Part = { x: { rows: 0, columns: d, values: new Float64Array() }, y: { rows: 0, columns: q, values: new Float64Array() } }
    expect(scoreOf(lane, numbers(lane), empty)).toEqual({ loss: Number.NaN, accuracy: Number.NaN })
  })
})

/** The share of rows whose largest output stands where the largest target does. */
function agreement(outputs: readonly (readonly number[])[], targets: readonly (readonly number[])[]): number {
  const place = (row: readonly number[]) => row.indexOf(Math.max(...row))
  return outputs.filter((row, i) => place(row) === place(targets[i] ?? [])).length / outputs.length
}

describe('accuracy', () => {
  // the linear model with the identity: outputs are inputs
  const accuracy = (outputs: readonly (readonly number[])[], classes: readonly number[]) => {
    const width = outputs[0]?.length ?? 0
    const labels = classes.map((one) => Array.from({ length: width }, (_, k) => (k === one ? 1 : 0)))
    const lane = laneOf({ model: { kind: 'linear' } }, labels, outputs)
    const v = Float64Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 1 : 0))
    return scoreOf(lane, { v }, lane.data.train).accuracy
  }
  test('is the share of rows whose largest output is that of their class', () => {
    expect(accuracy([[0, 1, 2], [5, 1, 2], [-3, -1, -2], [0, 0, 1]], [2, 1, 1, 2])).toBe(3 / 4) // prettier-ignore
  })
  test('of equal largest outputs the first counts', () => expect(accuracy([[1, 1], [1, 1]], [0, 1])).toBe(1 / 2)) // prettier-ignore
  test('of one output is NaN: there are no classes', () => expect(accuracy([[1], [2]], [0, 0])).toBeNaN())
})

describe('plainNetwork', () => {
  test('gives the model its own parameters out of its reparametrisation, and its weights', () => {
    const lane = laneOf({ model: { kind: 'product-linear' }, reparametrise: [{ kind: 'syre', std: 0.5, parameters: 'u' }] })
    const trained = numbers(lane)
    const { plain, weights } = plainNetwork(lane, trained)
    const u = trained['u/free']?.map((value, i) => value + (lane.constants['u/bias']?.[i] ?? Number.NaN)) ?? []
    expect(plain['u'] ?? []).toBeAllclose(u)
    expect([...(plain['w'] ?? [])]).toEqual([...(trained['w'] ?? [])])
    expect(weights.get('v')).toMatchObject({ rows: d, columns: q })
    expect(weights.get('v')?.values ?? []).toBeAllclose(Array.from(u, (value, i) => value * (trained['w']?.[i] ?? Number.NaN)))
  })
  test('gives a network its layers, and their activations', () => {
    const lane = laneOf({ model: { kind: 'perceptron', widths: [4], biases: false } })
    const trained = numbers(lane)
    expect([...plainNetwork(lane, trained).weights.keys()]).toEqual(['layer1.weight', 'layer2.weight'])
    const hidden = hiddenOf(lane, trained, lane.data.train.x).get('layer1')
    expect(hidden).toMatchObject({ rows: n, columns: 4 })
    expect(hidden?.values ?? []).toBeAllclose(map(times(x, square(lane, trained, 'layer1.weight')), Math.tanh).flat())
  })
})

test('lossOfOutputs is the loss of outputs that no network has computed', () => {
  const lane = laneOf({ model: { kind: 'linear' } })
  expect(lossOfOutputs(lane, matrix(map(y, (value) => value + 1)), lane.data.train)).toBeAllclose(q)
})

describe('a part that is too large for plain loops', () => {
  // 2,500 rows of 200 · 100 + 100 · 2 weights are 5.1e7 multiplications, in two chunks
  const rows = 2_500
  const lane = laneOf(
    { model: { kind: 'perceptron', widths: [100] }, loss: { kind: 'cross-entropy' } },
    [0, 1].map((k) => [k, 1 - k]),
    drawn('few', 2, 200),
  )
  const inputs = drawNormal(split(key, 'many'), rows * 200)
  const targets = Float64Array.from({ length: 2 * rows }, (_, i) => ((i >> 1) % 2 === i % 2 ? 1 : 0))
  const part: Part = { x: { rows, columns: 200, values: inputs }, y: { rows, columns: 2, values: targets } }
  const slice = (from: number, to: number): Part => ({
    x: { rows: to - from, columns: 200, values: inputs.subarray(from * 200, to * 200) },
    y: { rows: to - from, columns: 2, values: targets.subarray(from * 2, to * 2) },
  })

  test('goes through the engine, and agrees with float64 to float32', () => {
    const whole = scoreOf(lane, lane.start, part)
    const halves = [slice(0, 1_250), slice(1_250, 2_500)].map((half) => scoreOf(lane, lane.start, half)) // each small enough for float64
    const mean = (of: 'loss' | 'accuracy') => halves.reduce((sum, half) => sum + half[of], 0) / 2
    // outputs of size 1, sums of 200 products in float32: 200 · 2⁻²⁴ each at most, in the mean of 2,500
    expect(whole.loss).toBeAllclose(mean('loss'), { relative: 1e-5 })
    expect(whole.loss).not.toBe(mean('loss'))
    expect(whole.accuracy).toBeAllclose(mean('accuracy'), { absolute: 1 / rows }) // a row whose outputs are equal to rounding may fall either way
  })

  test('of a convolution what it multiplies counts, not its parameters', () => {
    // 28 · 28 windows of 9 taps into 8 channels, then 14 · 14 · 8 · 2: 59,584 a row of 3,218 parameters; 839 rows are 5.0e7
    const pixels = 28 * 28
    const model = { kind: 'convolutional', image: [28, 28, 1], channels: [8] }
    const images = laneOf({ model, loss: { kind: 'cross-entropy' } }, [0, 1].map((k) => [k, 1 - k]), drawn('image', 2, pixels)) // prettier-ignore
    const values = drawNormal(split(key, 'images'), 840 * pixels)
    const first = (from: number, to: number): Part => ({
      x: { rows: to - from, columns: pixels, values: values.subarray(from * pixels, to * pixels) },
      y: { rows: to - from, columns: 2, values: targets.subarray(from * 2, to * 2) },
    })
    expect([839, 840].map((count) => fitsFloat64(images, first(0, count)))).toEqual([true, false])
    const whole = scoreOf(images, images.start, first(0, 840))
    const halves = [first(0, 420), first(420, 840)].map((half) => scoreOf(images, images.start, half).loss)
    const mean = halves.reduce((sum, loss) => sum + loss, 0) / 2
    // outputs of size 1, sums of 1,568 products in float32, most of whose rounding cancels
    expect(whole.loss).toBeAllclose(mean, { relative: 1e-5 })
    expect(whole.loss).not.toBe(mean)
  })
})
