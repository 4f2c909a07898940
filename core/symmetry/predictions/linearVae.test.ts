import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predict } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const of = (rows: readonly (readonly number[])[], beta: number, noise = 1) => {
  const x = matrix(rows)
  return predict({ model: { kind: 'linear-vae', beta, noise }, loss: { kind: 'energy' }, weightDecay: 0 }, { x, y: x })
}

describe('the linear β-VAE', () => {
  // Origin: theory.md 8.15: (λ, β, s²) = (1, .5, 1): .5; (1, 1.5, 1): 0; (2, 1, .5): 1.5
  test('keeps max(λ − βs², 0)', () => {
    expect(of([[1, 2]], 0.5).vector).toBeAllclose([0.5, 1.5])
    expect(of([[1, 2]], 1.5).vector).toBeAllclose([0, 0.5])
    expect(of([[2]], 1, Math.SQRT1_2).vector).toBeAllclose([1.5])
    expect(of([[1]], 1).oracle).toBe('8.15')
  })
  test('ends a collapsed direction at half of the smaller curvature', () => {
    // λ = 1, β = 1.5, s = 1: [[1, −1], [−1, 1.5]] has the eigenvalues (2.5 ± √4.25)/2
    expect(of([[1, 2]], 1.5).margin).toBeAllclose([(2.5 - Math.sqrt(4.25)) / 4, Number.NaN])
    expect(of([[1]], 1).margin).toBeAllclose([0], { absolute: 1e-15 }) // on its threshold
  })
  test('takes the mean of several rows, and a curvature of all of them', () => {
    const { vector, margin } = of([[0.5, 3], [1.5, 1]], 1.5) // prettier-ignore
    expect(vector).toBeAllclose([0, 0.5])
    expect(margin).toBeAllclose([(2.5 - Math.sqrt(4.25)) / 2, Number.NaN])
  })
  test('of a negative variance is not known', () => expect(of([[-1]], 1).vector).toBeAllclose([Number.NaN]))
})
