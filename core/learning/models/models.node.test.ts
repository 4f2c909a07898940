import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inScope, memory, sum, tensor, valueAndGrads, type Tensor } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { mse } from '#core/learning/losses/mse.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { linear } from './linear.ts'
import { factorNames, productLinear } from './productLinear.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const [R, n, d] = [3, 7, 4]
const draw = (purpose: string, count: number) => Float32Array.from(drawNormal(split(key, purpose), count))
const at = (values: ArrayLike<number>, i: number) => values[i] ?? Number.NaN

/** Row r: X_r · v_r in float64 by two plain loops; X shared if it has one lane. */
function outputs(v: (r: number, j: number) => number, x: Float32Array): number[] {
  const isShared = x.length === n * d
  return Array.from({ length: R * n }, (_, place) => {
    const [r, i] = [Math.floor(place / n), place % n]
    let value = 0
    for (let j = 0; j < d; j += 1) value += at(x, (isShared ? 0 : r * n * d) + i * d + j) * v(r, j)
    return value
  })
}

const models = [
  { name: 'linear', names: ['v'], apply: linear.apply.bind(null, linear.settings.parse({ kind: 'linear' })) },
  ...[2, 3, 5].map((depth) => ({
    name: `product-linear of depth ${depth}`,
    names: factorNames(depth),
    apply: productLinear.apply.bind(null, productLinear.settings.parse({ kind: 'product-linear', depth })),
  })),
]

// 5 products and a sum of 4 terms, each rounded once: 9 · 2⁻²⁴ ≈ 5e-7 relative to the largest term; values are below 2⁴
const float32 = { absolute: 1e-5 }

describe.each(['cpu', 'wasm'] as const)('models on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  describe.each(models)('$name', ({ names, apply }) => {
    const factors = names.map((name) => draw(`f/${name}`, R * d))
    const v = (r: number, j: number) => factors.reduce((product, factor) => product * at(factor, r * d + j), 1)
    const tensors = (values: readonly ArrayLike<number>[]) =>
      Object.fromEntries(names.map((name, k) => [name, tensor(Float32Array.from(values[k] ?? []), [R, d])]))

    test.each([
      ['shared', [n, d]],
      ['own', [R, n, d]],
    ] as const)('its output is Xv on %s data', (_, shape) => {
      const x = draw(
        'x',
        shape.reduce((product, size) => product * size, 1),
      )
      const output = inScope(() => apply(tensors(factors), tensor(x, [...shape])).dataSync())
      expect(output).toBeAllclose(outputs(v, x), float32)
    })

    test.each([
      ['shared', [n, d]],
      ['own', [R, n, d]],
    ] as const)('the gradient of the loss on %s data is that of finite differences', (_, shape) => {
      const x = draw(
        'x',
        shape.reduce((product, size) => product * size, 1),
      )
      const y = draw('y', R * n)
      const loss = (values: readonly ArrayLike<number>[]) => {
        const out = outputs((r, j) => values.reduce((product, factor) => product * at(factor, r * d + j), 1), x)
        return out.reduce((total, value, i) => total + (value - at(y, i)) ** 2 / n, 0)
      }
      const gradients = inScope(() => {
        const [data, target] = [tensor(x, [...shape]), tensor(y, [R, n])]
        const total = (...values: Tensor[]) =>
          sum(mse.of({ kind: 'mse' }, apply(Object.fromEntries(names.map((name, k) => [name, values[k] as Tensor])), data), target)) // as many values as names
        return valueAndGrads(total as never)(Object.values(tensors(factors))).grads.map((gradient) =>
          Float64Array.from(gradient.dataSync()),
        ) // the sum is a scalar
      })
      // Central differences in float64: the loss is a polynomial with third derivatives below 1e3 here, so a step of 1e-5 leaves
      // h²/6 · 1e3 ≈ 2e-8, and cancellation 2⁻⁵³ · 1e2 / 1e-5 ≈ 1e-9. What remains is float32: some 2⁻²⁴ · 30 relative to the largest gradient.
      const h = 1e-5
      for (const [k, gradient] of gradients.entries()) {
        const differences = Array.from(gradient, (_, i) => {
          const moved = (by: number) => factors.map((f, m) => Float64Array.from(f, (value, p) => (m === k && p === i ? value + by : value)))
          return (loss(moved(h)) - loss(moved(-h))) / (2 * h)
        })
        const largest = Math.max(...differences.map(Math.abs))
        expect(gradient).toBeAllclose(differences, { absolute: 30 * 2 ** -24 * largest })
      }
    })
  })
})
