import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import {
  deadNeuronThreshold,
  growthPerStep,
  permutationBlock,
  tanhLoss,
  tanhNetwork,
  tanhResidual,
  type TanhNetwork,
} from './tanhNetwork.ts'

expect.extend({ toBeAllclose })

const matrix = (rows: readonly (readonly number[])[], columns = 2): Matrix => ({
  rows: rows.length,
  columns,
  values: Float64Array.from(rows.flat()),
})
// Origin: theory.md 2.5, the fixture
const data = {
  x: matrix([
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
    [2, 1],
    [-1, 2],
  ]),
  y: Float64Array.of(1, -1, 0.5, 2, 1, -2),
}
const zero: TanhNetwork = { ...data, u: new Float64Array(), w: matrix([]) }
const b: TanhNetwork = {
  ...data,
  u: Float64Array.of(0.5, 0.5, -1),
  w: matrix([
    [1, 0.5],
    [1, 0.5],
    [0.5, -1],
  ]),
}

/** The gradient of E(f − y)², written out once more: [∂u, ∂w] of a network of flat parameters. */
function gradient(parameters: readonly number[], h: number): number[] {
  const slope = parameters.map(() => 0)
  for (let k = 0; k < 6; k += 1) {
    const [x1, x2] = [data.x.values[2 * k] ?? 0, data.x.values[2 * k + 1] ?? 0]
    const at = (i: number) => parameters[i] ?? Number.NaN
    const outputs = Array.from({ length: h }, (_, i) => Math.tanh(at(h + 2 * i) * x1 + at(h + 2 * i + 1) * x2))
    const error = (2 / 6) * (outputs.reduce((sum, out, i) => sum + at(i) * out, 0) - (data.y[k] ?? 0))
    for (const [i, out] of outputs.entries()) {
      const through = error * at(i) * (1 - out * out)
      for (const [place, value] of [
        [i, error * out],
        [h + 2 * i, through * x1],
        [h + 2 * i + 1, through * x2],
      ] as const)
        slope[place] = (slope[place] ?? 0) + value
    }
  }
  return slope
}
const flat = (network: TanhNetwork): number[] => [...network.u, ...network.w.values]

/** Gradient descent on two neurons that are equal, which it keeps equal. */
function trainTied(weightDecay: number, steps: number): number[] {
  let theta = [0.5, 0.5, 0.6, -0.3, 0.6, -0.3]
  for (let step = 0; step < steps; step += 1) {
    const slope = gradient(theta, 2)
    theta = theta.map((value, i) => value - 0.02 * ((slope[i] ?? 0) + 2 * weightDecay * value))
  }
  return theta
}
const two = (theta: readonly number[]): TanhNetwork => ({
  ...data,
  u: Float64Array.from(theta.slice(0, 2)),
  w: matrix([theta.slice(2, 4), theta.slice(4)]),
})

test('carries its number', () => expect(tanhNetwork.number).toBe('2.5'))

describe('tanhResidual and tanhLoss', () => {
  // Origin: theory.md 2.5 B
  test('of fixture B are the handbook’s', () => {
    expect(tanhResidual(b)).toBeAllclose([-0.700523, 2.22371131, 0.86726541, -2.4430311, -0.0133857, 2.9866143], { absolute: 5e-9 }) // eight printed digits
    expect(tanhLoss(b)).toBeAllclose(3.5127031423, { absolute: 5e-11 }) // ten
  })
  test('of no neurons are −y, of no samples nothing and NaN', () => {
    expect(tanhResidual(zero)).toEqual(data.y.map((value) => -value))
    const empty: TanhNetwork = { x: matrix([]), y: new Float64Array(), u: new Float64Array(), w: matrix([]) }
    expect(tanhResidual(empty)).toEqual(new Float64Array())
    expect(tanhLoss(empty)).toBeNaN()
  })
  test('refuse sizes that disagree, NaN and ∞', () => {
    expect(() => tanhResidual({ ...b, y: Float64Array.of(1) })).toThrow('tanhResidual: y: expected 6 entries, got 1')
    expect(() => tanhLoss({ ...b, u: Float64Array.of(1) })).toThrow('tanhResidual: w')
    expect(() => tanhLoss({ ...b, u: Float64Array.of(1, Number.NaN, 0) })).toThrow('tanhResidual: u')
  })
})

describe('deadNeuronThreshold', () => {
  // Origin: theory.md 2.5 A and C
  test('of the zero network is ‖E[yx]‖, of fixture C the handbook’s', () => {
    const a = deadNeuronThreshold(zero, null)
    expect(a.c).toBeAllclose([-2 * 1.25, 2 * 0.9166666667], { absolute: 1e-9 }) // ten printed digits
    expect(a.threshold).toBeAllclose(1.5500896031, { absolute: 5e-11 })
    const c = deadNeuronThreshold(b, 0)
    expect(c.c).toBeAllclose([-2.44690616, 3.51598981], { absolute: 5e-9 }) // eight
    expect(c.threshold).toBeAllclose(2.1418178088, { absolute: 5e-11 })
  })
  test('does not see the neuron it puts to 0, nor one that is silent', () => {
    const loud = { ...b, u: Float64Array.of(7, 0.5, -1) }
    expect(deadNeuronThreshold(loud, 0)).toEqual(deadNeuronThreshold(b, 0))
    expect(deadNeuronThreshold({ ...b, u: Float64Array.of(0, 0.5, -1) }, null)).toEqual(deadNeuronThreshold(b, 0))
  })
  test('is half of the largest eigenvalue of the Hessian’s block by central differences', () => {
    const theta = flat(b).map((value, i) => ([0, 3, 4].includes(i) ? 0 : value))
    const column = (place: number) => {
      const [up, down] = [1e-5, -1e-5].map((step) =>
        gradient(
          theta.map((value, i) => (i === place ? value + step : value)),
          3,
        ),
      )
      return [0, 3, 4].map((i) => ((up?.[i] ?? 0) - (down?.[i] ?? 0)) / 2e-5)
    }
    const c = deadNeuronThreshold(b, 0).c
    expect([0, 3, 4].flatMap(column)).toBeAllclose([0, ...c, c[0] ?? 0, 0, 0, c[1] ?? 0, 0, 0], { absolute: 1e-8 }) // third derivatives × step²
  })
  test('refuses neurons that are not there, and no samples', () => {
    expect(() => deadNeuronThreshold(b, 3)).toThrow('deadNeuronThreshold: neuron: expected a neuron below 3, got 3')
    expect(() => deadNeuronThreshold(b, -1)).toThrow('deadNeuronThreshold: neuron')
    expect(() => deadNeuronThreshold({ ...zero, x: matrix([]), y: new Float64Array() }, null)).toThrow(
      'expected at least one sample, got none',
    )
  })
})

describe('permutationBlock', () => {
  // Origin: theory.md 2.5 B
  test('of neurons 1 and 2 of fixture B is the handbook’s', () => {
    const { block, eigenvalues, threshold } = permutationBlock(b, [0, 1])
    const expected = [0, -1.6820411818, 3.2665807488, -1.6820411818, 0.323828289, -0.343008741, 3.2665807488, -0.343008741, -0.0205988654]
    expect(block.values).toBeAllclose(expected, { absolute: 5e-10 }) // nine to ten printed digits
    expect(eigenvalues).toBeAllclose([3.85884773, -0.02733676, -3.52828154], { absolute: 5e-9 }) // eight
    expect(threshold).toBeAllclose(1.7641407708, { absolute: 5e-11 }) // ten
  })

  // Origin: theory.md 2.5 E: u, w as trained on the mirror, λ_min and margin
  test.each([
    [0.05, 1.055456, [0.551181, -0.454458], -0.2338397, -0.13384],
    [0.1, 0.992037, [0.552752, -0.442431], -0.1512527, 0.048747],
    [0.2, 0.894823, [0.536025, -0.406487], -0.1601824, 0.239818],
  ])('at γ = %d, u = %d, w = %j has λ_min = %d and margin %d', (weightDecay, u, w, least, margin) => {
    const { eigenvalues, threshold } = permutationBlock(two([u, u, ...w, ...w]), [0, 1])
    expect(eigenvalues.at(-1)).toBeAllclose(least, { absolute: 2e-5 }) // six digits of u and w, times third derivatives below 10
    expect(2 * (weightDecay - threshold)).toBeAllclose(margin, { absolute: 2e-5 })
  })

  // Origin: theory.md 2.5 E: γ* = .0853964 solves γ_loc(γ) = γ along the trained mirror
  test('crosses its own decay at γ* = .0853964', () => {
    const excess = (weightDecay: number) => permutationBlock(two(trainTied(weightDecay, 6_000)), [0, 1]).threshold - weightDecay
    expect(excess(0.0853964 - 1e-6)).toBeGreaterThan(0)
    expect(excess(0.0853964 + 1e-6)).toBeLessThan(0)
  })

  test('is OᵀHO of the whole Hessian by central differences', () => {
    const real = fc.double({ min: -1.5, max: 1.5, noNaN: true })
    fc.assert(
      fc.property(fc.array(real, { minLength: 6, maxLength: 6 }), ([u = 0, w1 = 0, w2 = 0, u3 = 0, p = 0, q = 0]) => {
        const theta = [u, u, u3, w1, w2, w1, w2, p, q]
        const pairs = [
          [0, 1],
          [3, 5],
          [4, 6],
        ] as const
        const moved = ([i, j]: readonly [number, number], step: number) =>
          gradient(
            theta.map((value, k) => (k === i ? value + step * Math.SQRT1_2 : k === j ? value - step * Math.SQRT1_2 : value)),
            3,
          )
        const expected = pairs.flatMap((direction) => {
          const [up, down] = [moved(direction, 1e-5), moved(direction, -1e-5)]
          return pairs.map(([i, j]) => (((up[i] ?? 0) - (down[i] ?? 0) - (up[j] ?? 0) + (down[j] ?? 0)) * Math.SQRT1_2) / 2e-5)
        })
        const network: TanhNetwork = {
          ...data,
          u: Float64Array.of(u, u, u3),
          w: matrix([
            [w1, w2],
            [w1, w2],
            [p, q],
          ]),
        }
        expect(permutationBlock(network, [0, 1]).block.values).toBeAllclose(expected, { absolute: 1e-7 }) // fourth derivatives × step², rounding / step
      }),
    )
  })

  test('puts both neurons to their mean first, and does not depend on their order', () => {
    const apart: TanhNetwork = {
      ...b,
      u: Float64Array.of(0.25, 0.75, -1),
      w: matrix([
        [1.5, 0.75],
        [0.5, 0.25],
        [0.5, -1],
      ]),
    }
    expect(permutationBlock(apart, [0, 1]).block.values).toBeAllclose(permutationBlock(b, [0, 1]).block.values)
    expect(permutationBlock(apart, [1, 0])).toEqual(permutationBlock(apart, [0, 1]))
  })

  test('at zero residual is 0: any decay is enough', () => {
    const perfect = { ...b, y: tanhResidual({ ...b, y: new Float64Array(6) }) }
    const { block, threshold } = permutationBlock(perfect, [0, 1])
    expect([...block.values, threshold]).toBeAllclose(new Float64Array(10), { absolute: 1e-15 })
  })

  test('refuses one neuron twice and neurons that are not there', () => {
    expect(() => permutationBlock(b, [1, 1])).toThrow('permutationBlock: pair: expected two different neurons, got 1 twice')
    expect(() => permutationBlock(b, [0, 3])).toThrow('permutationBlock: pair: expected a neuron below 3, got 3')
  })
})

describe('growthPerStep', () => {
  // Origin: theory.md 2.5 D: predicted, and measured equal to six digits
  test.each([
    [0.9, 0.003095],
    [0.95, 0.001549],
    [1.05, -0.001551],
    [1.1, -0.003105],
  ])('at %d γ_loc of the zero network is %d, and what small networks do', (share, expected) => {
    const threshold = deadNeuronThreshold(zero, null).threshold
    const rate = growthPerStep({ learningRate: 0.01, weightDecay: share * threshold, threshold })
    expect(rate).toBeAllclose(expected, { absolute: 5e-7 }) // six printed digits
    let theta = [1, -0.5, 0.5, 0.2, -0.3, 0.4].map((value) => 1e-6 * value)
    const sizes = Array.from({ length: 600 }, () => {
      const slope = gradient(theta, 2)
      theta = theta.map((value, i) => value - 0.01 * ((slope[i] ?? 0) + 2 * share * threshold * value))
      return Math.hypot(...theta)
    })
    expect(Math.log((sizes[599] ?? 0) / (sizes[400] ?? 0)) / 199).toBeAllclose(rate, { absolute: 1e-6 }) // what is left of the other eigenvectors
  })
  test('is 0 at the threshold, and refuses NaN', () => {
    expect(growthPerStep({ learningRate: 0.01, weightDecay: 2, threshold: 2 })).toBeAllclose(0)
    expect(growthPerStep({ learningRate: 1, weightDecay: 9, threshold: 0 })).toBeNaN()
    expect(() => growthPerStep({ learningRate: 0.01, weightDecay: 1, threshold: Number.NaN })).toThrow('growthPerStep: threshold')
  })
})
