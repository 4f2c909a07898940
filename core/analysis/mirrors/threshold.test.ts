/** Local thresholds against the worked example of the handbook and against closed forms that share no code with the Hessian. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { symmetricEigen } from '#core/numerics/linalg/symmetricEigen.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { deadNeuronThreshold, permutationBlock } from '#core/symmetry/oracles/tanhNetwork.ts'
import { networkKey as key, networkOf, neuronsOf, rowsOf, workedExample } from './fixtures/networks.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { mirrorExponent } from './exponent.ts'
import { findMirrors, type FoundMirrors } from './findMirrors.ts'
import { measureMirrors } from './measureMirrors.ts'
import type { Network } from './network.ts'
import { localThreshold, sampleBlocks } from './threshold.ts'

expect.extend({ toBeAllclose })

const tanh = (width: number) => networkOf({ model: { kind: 'perceptron', widths: [width], biases: false }, size: [2, 1] })
const rows = rowsOf(workedExample.x, workedExample.y)
const mirrorsOf = (network: Network, reflection: FoundMirrors['reflection']) =>
  findMirrors({ network, key: split(key, 'search') }).find((found) => found.reflection === reflection)?.mirrors ?? []
const mirrorAt = (network: Network, reflection: FoundMirrors['reflection'], name: string) => {
  const mirror = mirrorsOf(network, reflection).find((one) => one.name.endsWith(`:${name}`))
  if (mirror === undefined) throw new Error(`expected the mirror ${reflection} ${name}`)
  return mirror
}

// Origin: theory.md 2.5, oracles3.py and gamma_loc.py
describe('2.5, a tanh network', () => {
  const printed = { absolute: 6e-11 } // ten digits
  const fixture = neuronsOf([[1, 0.5], [1, 0.5], [0.5, -1]], [0.5, 0.5, -1]) // prettier-ignore

  test.each([1, 2, 5])('A: at zero every one of %d neurons has γ_loc = ‖E[yx]‖', (width) => {
    const network = tanh(width)
    const zero = neuronsOf(Array.from({ length: width }, () => [0, 0]), new Array<number>(width).fill(0)) // prettier-ignore
    for (const mirror of mirrorsOf(network, 'flip'))
      expect(localThreshold(network, mirror, { theta: zero, rows, key }).threshold).toBeAllclose(1.5500896031, printed)
  })
  test('B: two equal neurons, the block and its eigenvalues', () => {
    const network = tanh(3)
    const mirror = mirrorAt(network, 'swap', '0↔1')
    expect(localThreshold(network, mirror, { theta: fixture, rows, key })).toMatchObject({ converged: true })
    expect(localThreshold(network, mirror, { theta: fixture, rows, key }).threshold).toBeAllclose(1.7641407708, printed)
    const blocks = sampleBlocks(network, mirror, { on: fixture, rows })
    const mean = Float64Array.from({ length: 9 }, (_, i) => blocks.reduce((sum, { values }) => sum + (values[i] ?? Number.NaN) / 6, 0))
    expect([...symmetricEigen({ rows: 3, columns: 3, values: mean }).values]).toBeAllclose([3.85884773, -0.02733676, -3.52828154], {
      absolute: 6e-9,
    })
    // in the order of the entries: two incoming weights, then the outgoing one
    const [ww, wv, wu, , vv, vu, , , uu] = mean
    expect([uu, wu, vu, ww, wv, vv].map(Number)).toBeAllclose([0, -1.6820411818, 3.2665807488, 0.323828289, -0.343008741, -0.0205988654], {
      absolute: 6e-10,
    })
  })
  test('C: a dead neuron beside two', () => {
    const network = tanh(3)
    const theta = neuronsOf([[0, 0], [1, 0.5], [0.5, -1]], [0, 0.5, -1]) // prettier-ignore
    expect(localThreshold(network, mirrorAt(network, 'flip', '0'), { theta, rows, key }).threshold).toBeAllclose(2.1418178088, printed)
    // the threshold is that of the nearest point on the mirror, wherever the neuron is
    const off = neuronsOf([[3, -2], [1, 0.5], [0.5, -1]], [7, 0.5, -1]) // prettier-ignore
    expect(localThreshold(network, mirrorAt(network, 'flip', '0'), { theta: off, rows, key }).threshold).toBeAllclose(2.1418178088, printed)
  })
  test.each([
    [0.9, 0.003095],
    [0.95, 0.001549],
    [1.05, -0.001551],
    [1.1, -0.003105],
  ])('D: at zero and γ = %d γ_loc full batches leave or return at %d per step', (share, rate) => {
    const network = tanh(2)
    const steps = { learningRate: 0.01, weightDecay: share * 1.5500896031, batch: 'full', labelNoise: null } as const
    const theta = neuronsOf([[0, 0], [0, 0]], [0, 0]) // prettier-ignore
    const exponent = mirrorExponent(network, mirrorAt(network, 'flip', '0'), { theta, rows, steps, key })
    expect(exponent).toMatchObject({ estimator: 'exact', standardError: 0 })
    expect(exponent.value).toBeAllclose(rate, { absolute: 6e-7 }) // six decimals
    expect(exponent.directions).toHaveLength(3)
  })
  test.each([
    [0.05, -0.2338397, -0.13384],
    [0.1, -0.1512527, 0.048747],
    [0.2, -0.1601824, 0.239818],
  ])('E: trained on the mirror at γ = %d, λ_min = %d and the margin %d', (decay, smallest, margin) => {
    const threshold = tiedThreshold(decay)
    expect(threshold).toBeAllclose(-smallest / 2, { absolute: 1e-6 })
    expect(2 * (decay - threshold)).toBeAllclose(margin, { absolute: 2e-6 })
  })
  test('E: γ_loc(γ) = γ at γ* = .0853964', () => {
    let [low, high] = [0.08, 0.09]
    for (let i = 0; i < 14; i += 1) {
      const middle = (low + high) / 2
      if (tiedThreshold(middle) > middle) low = middle
      else high = middle
    }
    expect(low).toBeAllclose(0.0853964, { absolute: 1e-6 })
  })

  /** γ_loc of the swap of two neurons at the end of 60,000 steps of gradient descent on the mirror, by plain loops. */
  function tiedThreshold(decay: number): number {
    const inputs = rows.x.values
    let [u, a, b] = [0.5, 0.6, -0.3]
    for (let step = 0; step < 60_000; step += 1) {
      let [gu, ga, gb] = [0, 0, 0]
      for (let i = 0; i < 6; i += 1) {
        const [x, z] = [inputs[2 * i] ?? 0, inputs[2 * i + 1] ?? 0]
        const t = Math.tanh(a * x + b * z)
        const r = (2 * (2 * u * t - (rows.y.values[i] ?? 0))) / 6
        gu += r * t
        ga += r * u * (1 - t * t) * x
        gb += r * u * (1 - t * t) * z
      }
      ;[u, a, b] = [u - 0.02 * (gu + 2 * decay * u), a - 0.02 * (ga + 2 * decay * a), b - 0.02 * (gb + 2 * decay * b)]
    }
    const network = tanh(2)
    return localThreshold(network, mirrorAt(network, 'swap', '0↔1'), { theta: neuronsOf([[a, b], [a, b]], [u, u]), rows, key }).threshold // prettier-ignore
  }
})

describe('localThreshold', () => {
  test('is that of the closed forms for random networks of tanh', () => {
    const network = tanh(3)
    const [flip, swap] = [mirrorAt(network, 'flip', '1'), mirrorAt(network, 'swap', '0↔2')]
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const draw = (purpose: string, count: number) => drawNormal(split(key, `${purpose} ${seed}`), count)
        const [w, u, x, y] = [draw('w', 6), draw('u', 3), draw('x', 10), draw('y', 5)]
        const theta = neuronsOf([0, 1, 2].map((i) => [...w.subarray(2 * i, 2 * i + 2)]), [...u]) // prettier-ignore
        const data = { x: { rows: 5, columns: 2, values: x }, y: { rows: 5, columns: 1, values: y } }
        const oracle = { x: data.x, y, u, w: { rows: 3, columns: 2, values: w } }
        // some hundred roundings of numbers below 100
        expect(localThreshold(network, flip, { theta, rows: data, key }).threshold).toBeAllclose(deadNeuronThreshold(oracle, 1).threshold, { absolute: 1e-11 }) // prettier-ignore
        expect(localThreshold(network, swap, { theta, rows: data, key }).threshold).toBeAllclose(permutationBlock(oracle, [0, 2]).threshold, { absolute: 1e-11 }) // prettier-ignore
      }),
      { numRuns: 20 },
    )
  })
  test.each([
    [{ kind: 'sse' }, 1],
    [{ kind: 'mse', scale: 0.5 }, 0.5 / 2],
    [{ kind: 'mse' }, 1 / 2],
  ])('of (uw − y)² is |y| in the unit of the loss %j', (loss, unit) => {
    // two rows of x = 1, y = .7 and −.1: the sum of squares at zero has −2(y₁ + y₂)uw
    const network = networkOf({ model: { kind: 'product-linear' }, loss, size: [1, 1] })
    const data = rowsOf([[1], [1]], [[0.7], [-0.1]])
    const theta = { u: Float64Array.of(0), w: Float64Array.of(0) }
    const of = (reflection: FoundMirrors['reflection']) =>
      localThreshold(network, mirrorAt(network, reflection, '0'), { theta, rows: data, key }).threshold
    expect([of('exchange'), of('negated-exchange'), of('flip')]).toBeAllclose([-0.6 * unit, 0.6 * unit, 0.6 * unit], { absolute: 1e-14 })
  })
  test('of UV at zero is the largest singular value of Y', () => {
    const network = networkOf({ model: { kind: 'matrix-factorisation', width: 2 }, loss: { kind: 'sse' }, size: [2, 2] })
    const [found] = findMirrors({ network, key: split(key, 'search') }).filter(({ reflection }) => reflection === 'rotation')
    const data = rowsOf([[1, 0], [0, 1]], [[3, 0], [0, 1]]) // prettier-ignore
    const theta = { u: new Float64Array(4), v: new Float64Array(4) }
    const [row] = measureMirrors(network, found === undefined ? [] : [found], { theta, rows: data, key })
    expect(row?.threshold.threshold).toBeAllclose(3, { absolute: 1e-12 })
  })
  test('is 0 at a fit without error, where any decay attracts', () => {
    const network = tanh(2)
    const x = [[1, 2], [-1, 0.5], [0.3, 1]] // prettier-ignore
    const y = x.map(([a = 0, b = 0]) => [2 * 0.5 * Math.tanh(0.3 * a - b)])
    const theta = neuronsOf([[0.3, -1], [0.3, -1]], [0.5, 0.5]) // prettier-ignore
    expect(localThreshold(network, mirrorAt(network, 'swap', '0↔1'), { theta, rows: rowsOf(x, y), key }).threshold).toBeAllclose(0, {
      absolute: 1e-14,
    })
  })
  test('is NaN, not converged, where θ is not finite', () => {
    const network = tanh(2)
    const theta = neuronsOf([[Number.NaN, 0], [0, 0]], [0, 0]) // prettier-ignore
    expect(localThreshold(network, mirrorAt(network, 'swap', '0↔1'), { theta, rows, key })).toEqual({
      threshold: Number.NaN,
      accuracy: Number.NaN,
      converged: false,
    })
  })
})

describe('measureMirrors', () => {
  const network = tanh(3)
  const found = findMirrors({ network, key: split(key, 'search') })
  const theta = neuronsOf([[1, 0.5], [1.01, 0.5], [0.5, -1]], [0.5, 0.5, -1]) // prettier-ignore

  test('one row for each group, of its nearest mirror', () => {
    const all = measureMirrors(network, found, { theta, rows, key })
    expect(all.map(({ reflection, count, mirror }) => [reflection, count, mirror.name])).toEqual([
      ['flip', 3, 'flip:layer1:0'],
      ['swap', 3, 'swap:layer1:0↔1'],
      ['negated-swap', 3, expect.any(String)],
    ])
    expect(all[1]?.residual).toBeAllclose((0.01 * Math.SQRT1_2) / Math.sqrt(1.25 + 1.0201 + 0.25 + 1.25 + 1.5), { relative: 1e-9 }) // the difference of 1.01 and 1
    expect(all[1]?.exponent).toBeNull()
  })
  test('a row for each mirror where asked', () => {
    const all = measureMirrors(network, found, { theta, rows, each: true, key })
    expect(all).toHaveLength(9)
    expect(all.every(({ count, rank, threshold }) => count === 1 && rank === 3 && threshold.converged)).toBe(true)
  })
  test('of a rotation the nearest direction: the smallest singular value', () => {
    const uv = networkOf({
      model: { kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' },
      loss: { kind: 'sse' },
      size: [2, 2],
    })
    const data = rowsOf([[1, 0], [0, 1]], [[3, 0], [0, 1]]) // prettier-ignore
    const all = measureMirrors(uv, findMirrors({ network: uv, key: split(key, 'search') }), {
      theta: { u: Float64Array.of(1, 2, 3, 4) },
      rows: data,
      key,
    })
    // Origin: theory.md section 9, the singular values of [[1, 2], [3, 4]]
    expect(all.find(({ reflection }) => reflection === 'rotation')?.residual).toBeAllclose(0.3659661906 / Math.sqrt(30), {
      absolute: 5e-11,
    })
  })
  test('zero is on every mirror; NaN is on none', () => {
    const zero = neuronsOf([[0, 0], [0, 0], [0, 0]], [0, 0, 0]) // prettier-ignore
    expect(measureMirrors(network, found, { theta: zero, rows, key }).map(({ residual }) => residual)).toEqual([0, 0, 0])
    const bad = neuronsOf([[Number.NaN, 0], [0, 0], [0, 0]], [0, 0, 0]) // prettier-ignore
    for (const row of measureMirrors(network, found, {
      theta: bad,
      rows,
      key,
      steps: { learningRate: 0.1, weightDecay: 0, batch: 1, labelNoise: null },
    }))
      expect([row.residual, row.threshold.threshold, row.exponent]).toEqual([Number.NaN, Number.NaN, null])
  })
})
