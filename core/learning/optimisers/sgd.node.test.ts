import { beforeAll, describe, expect, test } from 'vitest'
import { inScope, reshape, tensor, type Tensors } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { sgd } from './sgd.ts'

expect.extend({ toBeAllclose })

const runs = [
  { learningRate: 0.1, momentum: 0.9 },
  { learningRate: 0.02, momentum: 0.5 },
  { learningRate: 0.3, momentum: 0.1 },
]
const d = 4
const steps = 20
const start = (r: number, j: number) => Math.fround(1 + r / 4 - j / 3)
/** Any sequence of gradients will do: an optimiser does not know where they come from. */
const gradient = (step: number, r: number, j: number) => Math.fround(Math.sin(1 + step + 2 * r + 3 * j))
const places = runs.flatMap((_, r) => Array.from({ length: d }, (_, j) => [r, j] as const))

/** The heavy ball as published, one number at a time in float64: m ← μm + g, θ ← θ − ηm. */
function heavyBall(
  r: number,
  j: number,
  { learningRate, momentum }: { learningRate: number; momentum: number },
): { theta: number; m: number } {
  let [theta, m] = [start(r, j), 0]
  for (let step = 0; step < steps; step += 1) {
    m = momentum * m + gradient(step, r, j)
    theta -= learningRate * m
  }
  return { theta, m }
}

function train(settings: ReturnType<typeof sgd.settings.parse>): { theta: Float64Array; m: Float64Array | null } {
  return inScope(() => {
    const number = (name: string, rank: number) => {
      const values = runs.map((run) => (name === 'learningRate' ? run.learningRate : run.momentum))
      return reshape(tensor(values, [runs.length]), [runs.length, ...new Array<number>(rank - 1).fill(1)])
    }
    let parameters: Tensors = {
      v: tensor(
        places.map(([r, j]) => start(r, j)),
        [runs.length, d],
      ),
    }
    let state: Tensors = Object.fromEntries(
      sgd
        .state(settings, [{ name: 'v', shape: [d] }])
        .map(({ name, shape }) => [name, tensor(new Float32Array(runs.length * d), [runs.length, ...shape])]),
    )
    for (let step = 0; step < steps; step += 1) {
      const gradients = {
        v: tensor(
          places.map(([r, j]) => gradient(step, r, j)),
          [runs.length, d],
        ),
      }
      ;({ parameters, state } = sgd.update(settings, { gradients, parameters, state, number }))
    }
    const read = ({ v }: Tensors) => (v === undefined ? null : Float64Array.from(v.dataSync()))
    return { theta: read(parameters) ?? new Float64Array(), m: read(state) }
  })
}

// m is at most 10 (1/(1 − μ) gradients of size 1) and θ at most 20: each of 20 steps rounds both once or twice, 40 · 20 · 2⁻²⁴ ≈ 5e-5
const float32 = { absolute: 5e-5 }

describe.each(['cpu', 'wasm'] as const)('sgd on %s', (engine) => {
  beforeAll(async () => void (await startEngine(engine)))

  test('with momentum follows the heavy ball, each run at its own learning rate and momentum', () => {
    const { theta, m } = train(sgd.settings.parse({ kind: 'sgd', learningRate: 1, momentum: 0.5 }))
    const expected = places.map(([r, j]) => heavyBall(r, j, runs[r] ?? { learningRate: Number.NaN, momentum: Number.NaN }))
    expect(theta).toBeAllclose(
      expected.map((one) => one.theta),
      float32,
    )
    expect(m ?? []).toBeAllclose(
      expected.map((one) => one.m),
      float32,
    )
  })

  test('without momentum is θ − η Σg and keeps no state', () => {
    const { theta, m } = train(sgd.settings.parse({ kind: 'sgd', learningRate: 1 }))
    const expected = places.map(([r, j]) => heavyBall(r, j, { learningRate: runs[r]?.learningRate ?? Number.NaN, momentum: 0 }).theta)
    expect(theta).toBeAllclose(expected, float32)
    expect(m).toBeNull()
  })
})

describe('sgd', () => {
  test('a gradient that is missing is a bug', () => {
    const settings = sgd.settings.parse({ kind: 'sgd', learningRate: 1 })
    const update = () => sgd.update(settings, { gradients: {}, parameters: { v: tensor([1]) }, state: {}, number: () => tensor([1]) })
    expect(() => inScope(update)).toThrow('bug: sgd: the gradient of v is missing')
  })
  test('runs with and without momentum, and with other batches, have other shapes; learning rates and momenta do not matter', () => {
    const shape = (settings: object) => JSON.stringify(sgd.shapeOf(sgd.settings.parse({ kind: 'sgd', learningRate: 0.1, ...settings })))
    expect(shape({ momentum: 0.9 })).toBe(shape({ momentum: 0.5, learningRate: 0.2 }))
    expect(new Set([shape({}), shape({ momentum: 0.5 }), shape({ batch: 8 }), shape({ batch: 9 })]).size).toBe(4)
  })
  test.each([{ learningRate: 0 }, { learningRate: -1 }, { learningRate: 0.1, momentum: 1 }, { learningRate: 0.1, batch: 0 }])(
    '%j is refused',
    (settings) => {
      expect(sgd.settings.safeParse({ kind: 'sgd', ...settings }).success).toBe(false)
    },
  )
})
