import { describe, expect, test } from 'vitest'
import { identity } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predict, type Fields } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const of = (weightDecay: number, { depth = 3, y = 1, fields = {} }: { depth?: number; y?: number; fields?: Fields } = {}) =>
  predict({ model: { kind: 'product-linear', depth }, data: 'scalar', weightDecay, ...fields }, { x: identity(1), y: matrix([[y]]) })

describe('a product of D ≥ 3 factors', () => {
  // Origin: theory.md 8.3: γ_up = .4724704 at D = 3, .3849002 at D = 4, y = 1
  test.each([
    [3, 0.4724704],
    [4, 0.3849002],
  ])('of depth %d is 0 above γ_up, and not known below, where the start decides', (depth, upper) => {
    const { oracle, vector, margin } = of(upper + 1e-6, { depth })
    expect([oracle, ...vector]).toEqual(['8.3', 0])
    expect(margin).toBeAllclose([1e-6], { absolute: 1e-7 }) // seven printed digits
    expect(of(upper - 1e-6, { depth }).vector).toBeAllclose([Number.NaN])
    expect(of(upper - 1e-6, { depth }).margin).toBeAllclose([Number.NaN])
  })
  test('without decay is the target', () => expect(of(0, { y: -2 }).vector).toBeAllclose([-2]))
  test('of a target of 0 is 0 under any decay', () => expect(of(0.01, { y: 0 }).vector).toBeAllclose([0]))
  test('scales with the loss: γ_up of c(v − y)² is c times as large', () => {
    const half: Fields = { loss: { kind: 'mse', scale: 0.5 } }
    expect(of(0.237, { fields: half }).vector).toBeAllclose([0]) // .4724704/2 = .2362
    expect(of(0.235, { fields: half }).vector).toBeAllclose([Number.NaN])
  })
  test('of many white inputs is said entry by entry, of others not at all', () => {
    const fields: Fields = { model: { kind: 'linear' }, reparametrise: [{ kind: 'product', depth: 3 }], data: 'inline', weightDecay: 0.1 }
    const data = { x: identity(2), y: matrix([[1], [0.01]]) } // the mean over 2 rows: c = ½, γ/c = .2
    expect(predict(fields, data).vector).toBeAllclose([Number.NaN, 0])
    expect(predict(fields, { x: matrix([[1, 2]]), y: matrix([[1]]) }).vector).toBeAllclose([Number.NaN, Number.NaN])
  })
})
