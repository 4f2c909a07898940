import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predict } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

// Origin: theory.md 8.16: a = (2, 1, .5, .1), s = (1, .5, 2, 1)
const x = matrix([
  [2, 1, 0.5, 0.1],
  [1, 0.5, 2, 1],
])
const of = (weightDecay: number, width = 4) =>
  predict({ model: { kind: 'self-supervised', width }, loss: { kind: 'energy' }, weightDecay }, { x, y: x })

describe('the self-supervised landscape', () => {
  test.each([
    [0, 4, [4, 2, 0.125, 0.1]],
    [0.1, 4, [3.2, 1.8, 0.075, 0]],
    [0.3, 4, [1.6, 1.4, 0, 0]],
    [0.1, 2, [3.2, 1.8]],
    [0.1, 6, [3.2, 1.8, 0.075, 0]],
  ])('at γ = %d and width %d has the squares %j', (weightDecay, width, squares) => {
    const { oracle, vector } = of(weightDecay, width)
    expect(oracle).toBe('8.16')
    expect(vector).toBeAllclose(squares.map(Math.sqrt))
  })
  test('W itself ends with half of γ − a/2, rows that are left over where it takes longest', () => {
    expect(of(0.3).margin).toBeAllclose([Number.NaN, Number.NaN, (0.3 - 0.25) / 2, (0.3 - 0.05) / 2])
    expect(of(0.3, 3).margin).toBeAllclose([Number.NaN, Number.NaN, (0.3 - 0.25) / 2])
  })
  test('of data that is not two rows, or of a scale that is not positive, is not known', () => {
    const fields = { model: { kind: 'self-supervised', width: 1 }, loss: { kind: 'energy' } }
    for (const wrong of [
      matrix([[1, 1]]),
      matrix([
        [1, 1],
        [1, 0],
      ]),
    ])
      // prettier-ignore
      expect(predict(fields, { x: wrong, y: wrong }).vector).toBeAllclose([Number.NaN])
  })
})
