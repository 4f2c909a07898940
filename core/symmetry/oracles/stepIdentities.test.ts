import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { multiply, transpose } from './dense.ts'
import {
  imbalance,
  imbalanceAfterStep,
  imbalanceLeft,
  matrixStep,
  productStep,
  productStepIdentities,
  stepIdentities,
} from './stepIdentities.ts'

expect.extend({ toBeAllclose })

const real = fc.double({ min: -3, max: 3, noNaN: true })
const rate = fc.double({ min: 0, max: 1, noNaN: true })
const of = (rows: number, columns: number) =>
  fc
    .array(real, { minLength: rows * columns, maxLength: rows * columns })
    .map((values): Matrix => ({ rows, columns, values: Float64Array.from(values) }))

describe('productStep and productStepIdentities', () => {
  test('carry their number', () => expect(stepIdentities.number).toBe('8.6'))

  // Origin: theory.md 8.6
  test('of u = .8, w = .3, y = 1.3, η = .05, γ = .1 are the handbook’s', () => {
    const pair = { u: 0.8, w: 0.3, slope: 2 * (0.8 * 0.3 - 1.3) }
    const step = { learningRate: 0.05, weightDecay: 0.1 }
    const after = productStep(pair, step)
    expect([after.u, after.w]).toBeAllclose([0.8238, 0.3818])
    expect(productStepIdentities(pair, step).imbalance).toBeAllclose(0.5328752, { absolute: 5e-8 }) // seven printed digits
  })

  test('agree for any factors, slope, rate and decay', () => {
    fc.assert(
      fc.property(fc.tuple(real, real, real), rate, rate, ([u, w, slope], learningRate, weightDecay) => {
        const step = { learningRate, weightDecay }
        const after = productStep({ u, w, slope }, step)
        const said = productStepIdentities({ u, w, slope }, step)
        const direct = [after.u + after.w, after.u - after.w, after.u ** 2 - after.w ** 2]
        expect([said.sum, said.difference, said.imbalance]).toBeAllclose(direct, { absolute: 1e-13 }) // squares below 150
        const [sum, difference] = [said.sum, said.difference]
        expect(after.u * after.w).toBeAllclose((sum ** 2 - difference ** 2) / 4, { absolute: 1e-13 })
        if (said.keepsSigns) expect([sum * (u + w) >= 0, difference * (u - w) >= 0]).toEqual([true, true])
      }),
    )
  })

  test('u = w stays so for ever, and so does 0', () => {
    const after = productStep({ u: 0.7, w: 0.7, slope: -3 }, { learningRate: 0.1, weightDecay: 0.2 })
    expect(after.u).toBe(after.w)
    const { sum, difference, imbalance: last } = productStepIdentities({ u: 0, w: 0, slope: 5 }, { learningRate: 1, weightDecay: 0 })
    expect([sum, difference, last]).toBeAllclose([0, 0, 0])
  })

  test('refuse NaN, ∞ and negative rates', () => {
    const pair = { u: 1, w: 1, slope: Number.NaN }
    expect(() => productStep(pair, { learningRate: 0.1, weightDecay: 0 })).toThrow('productStep: slope')
    expect(() => productStepIdentities({ ...pair, slope: 1 }, { learningRate: -0.1, weightDecay: 0 })).toThrow(
      'productStepIdentities: learningRate',
    )
  })
})

describe('imbalanceAfterStep', () => {
  test('is the imbalance of the stepped factors', () => {
    fc.assert(
      fc.property(fc.tuple(of(3, 2), of(4, 2), of(3, 4)), rate, rate, ([a, b, gradient], learningRate, weightDecay) => {
        const step = { learningRate, weightDecay }
        const said = imbalanceAfterStep({ a, b, gradient }, step)
        expect(said.values).toBeAllclose(imbalance(matrixStep({ a, b, gradient }, step)).values, { absolute: 1e-10 }) // sums of squares below 1e5
        expect(transpose(said).values).toBeAllclose(said.values, { absolute: 1e-10 })
      }),
    )
  })
  test('of 1×1 factors is the scalar identity', () => {
    const one = (value: number): Matrix => ({ rows: 1, columns: 1, values: Float64Array.of(value) })
    const step = { learningRate: 0.05, weightDecay: 0.1 }
    expect(imbalanceAfterStep({ a: one(0.8), b: one(0.3), gradient: one(-2.12) }, step).values).toBeAllclose([0.5328752], {
      absolute: 5e-8,
    }) // seven printed digits
  })
  test('keeps a product that no rotation of the inner side can tell apart', () => {
    const turn: Matrix = { rows: 2, columns: 2, values: Float64Array.of(0.6, -0.8, 0.8, 0.6) }
    fc.assert(
      fc.property(of(3, 2), of(4, 2), of(3, 4), (a, b, gradient) => {
        const step = { learningRate: 0.1, weightDecay: 0.2 }
        const turned = imbalanceAfterStep({ a: multiply(a, turn), b: multiply(b, turn), gradient }, step)
        const expected = multiply(multiply(transpose(turn), imbalanceAfterStep({ a, b, gradient }, step)), turn)
        expect(turned.values).toBeAllclose(expected.values, { absolute: 1e-10 }) // sums of squares below 1e4
      }),
    )
  })
  test('refuses sizes that disagree', () => {
    const a: Matrix = { rows: 1, columns: 2, values: new Float64Array(2) }
    expect(() => imbalanceAfterStep({ a, b: a, gradient: a }, { learningRate: 0.1, weightDecay: 0 })).toThrow('expected')
  })
})

describe('imbalanceLeft', () => {
  test('is the limit of many small steps on a gradient that is zero', () => {
    const zero: Matrix = { rows: 1, columns: 1, values: Float64Array.of(0) }
    let q = 1
    for (let k = 0; k < 2_000; k += 1) {
      const a: Matrix = { ...zero, values: Float64Array.of(Math.sqrt(q)) }
      q = imbalanceAfterStep({ a, b: zero, gradient: zero }, { learningRate: 5e-4, weightDecay: 0.3 }).values[0] ?? Number.NaN
    }
    expect(q).toBeAllclose(imbalanceLeft(0.3, 1), { relative: 2e-4 }) // (1 − 2ηγ)² against e^{−4ηγ}: 4(ηγ)² a step, 1.8e-4 in all
  })
  test('is 1 without decay and refuses negative time', () => {
    expect(imbalanceLeft(0, 1e300)).toBe(1)
    expect(() => imbalanceLeft(1, -1)).toThrow('imbalanceLeft: time')
  })
})
