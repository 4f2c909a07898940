import { describe, expect, test } from 'vitest'
import { identity } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { dcsMinimum } from '../oracles/dcsTie.ts'
import { groupGateMinimum } from '../oracles/groupGate.ts'
import { matrix, predict, type Fields } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const half: Fields['loss'] = { kind: 'sse', scale: 0.5 }
const of = (y: readonly number[], dcs: Readonly<Record<string, unknown>>, fields: Fields) =>
  predict(
    { model: { kind: 'linear' }, data: 'inline', loss: half, weightDecay: 0, ...fields, reparametrise: [{ kind: 'dcs', ...dcs }] },
    { x: identity(y.length), y: matrix(y.map((value) => [value])) },
  )
const strength = (kappa: number) => ({ groups: [{ parameters: 'dcs:v/u, dcs:v/w, dcs:v/gate', weightDecay: kappa }] })
const tie = { constraint: { kind: 'tie' } }

describe('a constraint by symmetry', () => {
  // Origin: theory.md 8.12: ½‖θ − y‖² + (κ/2)(u² + w²), y = (1, .4)
  test.each([
    [0.2, [0.8585786, 0.5414214]],
    [0.6, [0.7, 0.7]],
  ])('of a tie at κ = %d is %j', (kappa, expected) => {
    const { oracle, vector, margin } = of([1, 0.4], tie, strength(kappa / 2))
    expect(oracle).toBe('8.12')
    expect(vector).toBeAllclose(expected, { absolute: 5e-8 }) // seven printed digits
    expect(margin).toBeAllclose([Number.NaN, Number.NaN])
  })
  test('of differences is the closed form, whatever the scale of the loss', () => {
    const o = matrix([
      [Math.SQRT1_2, 1 / Math.sqrt(6)],
      [-Math.SQRT1_2, 1 / Math.sqrt(6)],
      [0, -2 / Math.sqrt(6)],
    ])
    const columns = [0, 1].map((k) => [0, 1, 2].map((i) => o.values[2 * i + k] ?? Number.NaN))
    const y = [1, 0.4, -0.3]
    const { vector } = of(y, { constraint: { kind: 'orthonormal', columns } }, { ...strength(0.15), loss: { kind: 'mse', scale: 0.9 } }) // c = .3
    expect(vector).toBeAllclose(dcsMinimum(Float64Array.from(y), { o, strength: 0.5 }))
  })
  test('a decay of the free part is a ridge on it alone', () => {
    // tied from κ = .424; mean .7 → .7/(1 + .5)
    expect(of([1, 0.4], tie, { ...strength(0.3), weightDecay: 0.25 }).vector).toBeAllclose([0.7 / 1.5, 0.7 / 1.5])
  })
  test('behind one gate all entries vanish together, with a margin', () => {
    const y = [0.6, -0.8, 0.3] // theory.md 8.4
    const gate = { constraint: { kind: 'zero' }, gate: 'group' }
    expect(of(y, gate, { ...strength(0.3), loss: { kind: 'sse' } }).vector).toBeAllclose(groupGateMinimum(Float64Array.from(y), 0.3))
    const { vector, margin } = of(y, gate, { ...strength(1.2), loss: { kind: 'sse' } })
    expect(vector).toBeAllclose([0, 0, 0])
    expect(margin).toBeAllclose(y.map(() => 1.2 - Math.sqrt(1.09)))
  })
  test('on inputs that are not white is not known', () => {
    const fields: Fields = { model: { kind: 'linear' }, data: 'inline', reparametrise: [{ kind: 'dcs', ...tie }] }
    expect(predict(fields, { x: matrix([[1, 2]]), y: matrix([[1]]) }).vector).toBeAllclose([Number.NaN, Number.NaN])
  })
})
