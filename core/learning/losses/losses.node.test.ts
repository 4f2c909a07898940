import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inFloat64 } from '#core/engines/float64/float64.ts'
import { inScope, memory, sum, tensor, valueAndGrads, type Scalar, type Tensor } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { settingsOf } from '#core/learning/kind.ts'
import { lossCases } from '#core/testing/models/cases.ts'
import { numbers } from '#core/testing/models/gradients.ts'
import { lossOf } from '#core/testing/reference/losses.ts'
import { upTo, type Rows } from '#core/testing/reference/models.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { LossKind } from './loss.ts'
import { lossKinds } from './registry.ts'

expect.extend({ toBeAllclose })

const parse = settingsOf(lossKinds)
const [runs, n, q] = [2, 3, 4]
const outputs: readonly Rows[] = upTo(runs, (r) => upTo(n, (i) => numbers(`f/${r}/${i}`, q)))
const targets: readonly Rows[] = upTo(runs, (r) => upTo(n, (i) => upTo(q, (c) => (c === (r + 2 * i) % q ? 1 : 0))))

/** The losses of outputs [R, n, q] against targets [n, q] or [R, n, q], and the gradient of their sum. */
function measured(loss: object, { output, target }: { output: readonly Rows[]; target: readonly Rows[] }) {
  const settings = parse.parse(loss)
  const kind: LossKind = lossKinds[settings.kind] // its functions take the settings of its own kind, which these are
  const of = (lanes: readonly Rows[], hasRuns: boolean) => {
    const shape = [lanes[0]?.length ?? 0, lanes[0]?.[0]?.length ?? 1]
    return tensor(Float64Array.from(lanes.flat(2)), hasRuns ? [lanes.length, ...shape] : shape)
  }
  let values = new Float64Array()
  const total = (f: Tensor) => {
    const losses = kind.of(settings, f, of(target, target.length > 1))
    values = Float64Array.from(losses.dataSync())
    return sum<Scalar>(losses)
  }
  const gradient = valueAndGrads(total)([of(output, true)]).grads[0]
  return { values, gradient: Float64Array.from(gradient?.dataSync() ?? []) }
}
const double = (loss: object, output: readonly Rows[], target: readonly Rows[]) => inFloat64(() => measured(loss, { output, target }))
const valueOf = (loss: object, output: Rows, target: Rows) => double(loss, [output], [target]).values[0] ?? Number.NaN

describe.each(['cpu', 'wasm'] as const)('losses on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  describe.each(Object.values(lossCases).flat())('%j', (loss) => {
    test.each([
      ['own', targets],
      ['shared', targets.slice(0, 1)],
    ])('gives each run the number of the plain formula with %s targets, in float32 and in float64', (_, target) => {
      const expected = outputs.map((output, r) => lossOf(parse.parse(loss), output, target[target.length > 1 ? r : 0] ?? []))
      const single = inScope(() => measured(loss, { output: outputs, target })).values
      // a sum of twelve terms below 2⁴, each of a handful of roundings; wasm's exp and log are good to a few units in the last place
      expect(single).toBeAllclose(expected, { absolute: 12 * 2 ** 4 * 2 ** -22 })
      expect(double(loss, outputs, target).values).toBeAllclose(expected, { absolute: 12 * 2 ** 4 * 2 ** -51 })
    })
  })
})

describe('squares', () => {
  const [f, y] = [[[1, 2], [3, 0]], [[0, 2], [1, 4]]] // prettier-ignore
  test('mse is a mean over samples and a sum over outputs, not halved', () =>
    expect(valueOf({ kind: 'mse' }, f, y)).toBe((1 + 0 + 4 + 16) / 2))
  test('sse is a sum over both', () => expect(valueOf({ kind: 'sse' }, f, y)).toBe(1 + 0 + 4 + 16))
  test('the scale ½ is the half mean and 1/q the mean over outputs', () => {
    expect(valueOf({ kind: 'mse', scale: 1 / 2 }, f, y)).toBe(21 / 4)
    expect(valueOf({ kind: 'sse', scale: 1 / 4 }, f, y)).toBe(21 / 4)
  })
  test('their gradients are 2c(f − y)/n and 2c(f − y)', () => {
    const residual = [1, 0, 2, -4]
    expect(double({ kind: 'mse', scale: 3 }, [f], [y]).gradient).toBeAllclose(residual.map((r) => 3 * r))
    expect(double({ kind: 'sse', scale: 3 }, [f], [y]).gradient).toBeAllclose(residual.map((r) => 6 * r))
  })
  test('of residuals i − (n − 1)/2 the mean is (n² − 1)/12', () => {
    const count = 1000
    const [all, middle] = [upTo(count, (i) => [i]), upTo(count, () => [(count - 1) / 2])]
    expect(valueOf({ kind: 'mse' }, all, middle)).toBeAllclose((count ** 2 - 1) / 12)
  })
})

describe('cross-entropy', () => {
  const loss = { kind: 'cross-entropy' }
  test('of equal logits is ln q, smoothed or not', () => {
    for (const smoothing of [0, 0.3]) expect(valueOf({ ...loss, smoothing }, [[7, 7, 7]], [[0, 1, 0]])).toBeAllclose(Math.log(3))
  })
  test('of two classes is ln(1 + e^−z), z the margin', () => {
    for (const z of [-3, 0, 0.5, 4])
      expect(valueOf(loss, [[z, 0]], [[1, 0]])).toBeAllclose(Math.log1p(Math.exp(-z)), { relative: 1e-12, absolute: 1e-15 })
  })
  test('does not change when all logits move together', () => {
    const moved = outputs.map((rows) => rows.map((row) => row.map((value) => value + 64)))
    expect(double(loss, moved, targets).values).toBeAllclose(double(loss, outputs, targets).values, { absolute: 2 ** -44 }) // 64 takes 6 of 53 digits
  })
  test('its gradient is (softmax − label)/n, also where two logits are the largest', () => {
    const logits = [[2, 2, -1, 0.5]]
    const partition = logits.flat().reduce((sum, value) => sum + Math.exp(value), 0)
    const label = (c: number) => (c === 1 ? 0.8 : 0) + 0.2 / 4
    const { gradient } = double({ ...loss, smoothing: 0.2 }, [logits], [[[0, 1, 0, 0]]])
    expect(gradient).toBeAllclose(logits.flat().map((value, c) => Math.exp(value) / partition - label(c)), { absolute: 1e-15 }) // prettier-ignore
  })
  test('of huge logits is the margin, never ∞ or NaN, in float32 too', () => {
    expect(Math.abs(valueOf(loss, [[1e4, -1e4]], [[1, 0]]))).toBe(0)
    expect(valueOf(loss, [[-1e4, 1e4]], [[1, 0]])).toBe(2e4)
    const single = inScope(() => measured(loss, { output: [[[-1e4, 1e4]]], target: [[[1, 0]]] }))
    expect([...single.values, ...single.gradient]).toEqual([2e4, -1, 1])
  })
  test('a smoothed label costs at least its own entropy, and that where the softmax is the label', () => {
    const label = [0.9, 0.05, 0.05] // ε = .15 over three classes
    const entropy = label.reduce((sum, p) => sum - p * Math.log(p), 0)
    const smoothed = { ...loss, smoothing: 0.15 }
    expect(valueOf(smoothed, [label.map(Math.log)], [[1, 0, 0]])).toBeAllclose(entropy)
    expect(valueOf(smoothed, [[5, 0, 0]], [[1, 0, 0]])).toBeGreaterThan(entropy)
  })
})

describe('degenerate input', () => {
  test('energy is the sum of the outputs, whatever the targets', () => {
    expect(valueOf({ kind: 'energy' }, [[1, -4], [0.5, 8]], [[9, 9], [9, 9]])).toBe(5.5) // prettier-ignore
  })
  test('of no samples a mean is NaN and a sum 0', () => {
    expect(['mse', 'cross-entropy', 'sse', 'energy'].map((kind) => valueOf({ kind }, [], []))).toEqual([Number.NaN, Number.NaN, 0, 0])
  })
  test('NaN and ±∞ are not hidden', () => {
    for (const kind of Object.keys(lossKinds)) expect(valueOf({ kind }, [[Number.NaN, 1]], [[1, 0]])).toBeNaN()
    for (const kind of ['mse', 'sse']) expect(valueOf({ kind }, [[Number.NEGATIVE_INFINITY, 1]], [[1, 0]])).toBe(Number.POSITIVE_INFINITY)
  })
  test('a run whose outputs are NaN leaves the others alone', () => {
    const [first = []] = outputs
    for (const kind of Object.keys(lossKinds)) {
      const alone = double({ kind }, [first], targets.slice(0, 1)).values[0]
      expect(double({ kind }, [first, [[Number.NaN, 0, 0, 0], ...first.slice(1)]], targets).values[0]).toBe(alone)
    }
  })
  test.each([{ kind: 'mse', scale: 0 }, { kind: 'sse', scale: -1 }, { kind: 'sse', scale: Number.NaN }, { kind: 'cross-entropy', smoothing: 1 }, { kind: 'cross-entropy', smoothing: -0.1 }, { kind: 'energy', scale: 1 }])(
    '%j is refused',
    (settings) => expect(parse.safeParse(settings).success).toBe(false),
  ) // prettier-ignore
  test('a formula names its scale unless it is 1, and each sample', () => {
    expect(lossKinds.mse.formula({ kind: 'mse', scale: 1 }, 'v^\\top x')).toBe('\\frac{1}{n}\\sum_i \\lVert v^\\top x_i - y_i\\rVert^2')
    expect(lossKinds.sse.formula({ kind: 'sse', scale: 0.5 }, 'xUV')).toBe('0.5\\,\\sum_i \\lVert x_iUV - y_i\\rVert^2')
    expect(lossKinds['cross-entropy'].formula({ kind: 'cross-entropy', smoothing: 0 }, 'x')).toContain('softmax}(x_i)')
  })
})
