/** 8.13: a ReLU network under weight decay and its dual certificate, trained by the ordinary program in float32 on wasm. */
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { certificateInPlane, threeSampleMinimum } from '#core/symmetry/oracles/reluCertificate.ts'
import { lanesOf, partOf, train } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

beforeAll(async () => void (await startEngine('wasm')))

describe('8.13: a ReLU network of width 8 on three samples', () => {
  const rows = [[1, 0], [0, 1], [-1, 1]] as const // prettier-ignore
  const y = [1, 2, -1]
  const x: Matrix = { rows: 3, columns: 2, values: Float64Array.from(rows.flat()) }
  const width = 8

  test('ends at f = (a/√2, a/√2, 0), a = 3/√2 − 3γ, and its certificate at γ', () => {
    const { threshold } = threeSampleMinimum(1)
    const gammas = [0.5, 0.9, 1.1].map((share) => share * threshold)
    const zero = certificateInPlane({ x, residual: Float64Array.from(y, (value) => -value) })
    expect(zero.value).toBeAllclose(threshold)
    const state = train(
      lanesOf(
        gammas.map((weightDecay) => ({
          model: { kind: 'perceptron', widths: [width], activation: 'relu', biases: false },
          data: { kind: 'inline', x: rows, y: y.map((value) => [value]) },
          optimiser: { kind: 'sgd', learningRate: 0.002 },
          regularisation: { weightDecay },
        })),
      ),
      200_000,
    )
    const [incoming, outgoing] = [partOf(state, 'parameter/layer1.weight'), partOf(state, 'parameter/layer2.weight')]
    for (const [r, gamma] of gammas.entries()) {
      const neurons = Array.from({ length: width }, (_, j) => ({
        w: [0, 1].map((i) => incoming[(2 * r + i) * width + j] ?? Number.NaN),
        u: outgoing[r * width + j] ?? Number.NaN,
      }))
      const active = (row: readonly number[], w: readonly number[]) =>
        Math.max(
          0,
          row.reduce((sum, value, i) => sum + value * (w[i] ?? Number.NaN), 0),
        )
      const f = Float64Array.from(rows, (row) => neurons.reduce((sum, { u, w }) => sum + u * active(row, w), 0))
      // the optimum sits on a kink, so gradient descent chatters by O(η): 3e-4 at η = .002
      const chatter = { absolute: 1e-3 }
      const expected = threeSampleMinimum(gamma)
      expect(f).toBeAllclose(expected.f, chatter)
      expect(neurons.reduce((sum, { u, w }) => sum + Math.abs(u) * Math.hypot(...w), 0)).toBeAllclose(expected.a, { absolute: 2e-3 }) // √2 times f, and dying neurons
      for (const { u, w } of neurons) expect(Math.abs(u)).toBeAllclose(Math.hypot(...w), chatter)
      const { value } = certificateInPlane({ x, residual: f.map((output, i) => output - (y[i] ?? Number.NaN)) })
      expect(value).toBeLessThanOrEqual(gamma * (1 + 5e-4))
    }
  })
})
