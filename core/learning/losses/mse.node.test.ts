import { beforeAll, describe, expect, test } from 'vitest'
import { inScope, sum, tensor, valueAndGrads, type Tensor } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { mse } from './mse.ts'

expect.extend({ toBeAllclose })

const settings = { kind: 'mse' } as const
const output = [1, 2, 3, 0.5, -1, 4] // [2, 3]
// residuals are sums of small binary fractions, exact in float32; the mean multiplies by the rounded 1/3: relative 2⁻²³
const float32 = { relative: 2 ** -22 }

describe.each(['cpu', 'wasm'] as const)('mse on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)))

  test.each([
    ['shared', [3], [1, 0, 4], [(0 + 4 + 1) / 3, (0.25 + 1 + 0) / 3]],
    ['own', [2, 3], [1, 0, 4, 0.5, 1, 1], [(0 + 4 + 1) / 3, (0 + 4 + 9) / 3]],
  ])('gives one mean of squares for each run with %s targets', (_, shape, target, expected) => {
    const losses = inScope(() => mse.of(settings, tensor(output, [2, 3]), tensor(target, shape)).dataSync())
    expect(losses).toBeAllclose(expected, float32)
  })

  test('its gradient is 2(f − y)/n in the run of each output', () => {
    const target = [1, 0, 4, 0.5, 1, 1]
    const gradient = inScope(() => {
      const y = tensor(target, [2, 3])
      const total = (f: Tensor) => sum(mse.of(settings, f, y))
      return Float64Array.from(valueAndGrads(total as never)([tensor(output, [2, 3])]).grads[0]?.dataSync() ?? []) // the sum is a scalar
    })
    expect(gradient).toBeAllclose(
      output.map((value, i) => (2 * (value - (target[i] ?? 0))) / 3),
      float32,
    )
  })
})
