/** A training step of a convolutional network as one graph: its convolutions, poolings and their gradients are TensorFlow's own. */
import { describe, expect, test } from 'vitest'
import { startEngine } from '#core/engines/registry.ts'
import { tensorflowSkipped, withoutTensorflow } from '#core/testing/engines.ts'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Lane } from '#core/trainer/lanes.ts'
import { captureTraining, startState, type TrainingProgram } from '#core/trainer/trainingProgram.ts'

expect.extend({ toBeAllclose })

const steps = 20
const images = { kind: 'sparse-linear', samples: 24, features: 64, coefficients: [1, -2, 1], noise: 0.1 } // 8 × 8 numbers
const sgd = { kind: 'sgd', learningRate: 0.01 }
const studies: Readonly<Record<string, Fields>> = {
  'max pooling, SGD': { model: { kind: 'convolutional', image: [8, 8, 1], channels: [4, 6], widths: [5], activation: 'tanh' }, optimiser: { ...sgd, momentum: 0.9 } },
  'average pooling, Adam, minibatches': { model: { kind: 'convolutional', image: [8, 8, 1], channels: [4], pooling: 'average' }, optimiser: { kind: 'adam', learningRate: 0.003, batch: 8 } },
  'strides, windows inside, colours': { model: { kind: 'convolutional', image: [4, 4, 4], channels: [3, 2], kernel: [2, 3], stride: [2, 1], padding: 'same', pooling: 'none', activation: 'gelu' }, optimiser: { ...sgd, batch: 7 } },
  'windows inside': { model: { kind: 'convolutional', image: [8, 8, 1], channels: [3], kernel: 3, padding: 'valid', pooling: 'max' }, optimiser: sgd },
} // prettier-ignore

/** One run: the plan makes each a stack of its own. */
const lanesFor = (fields: Fields): readonly Lane[] =>
  lanesOf([{ data: images, training: { steps }, regularisation: { weightDecay: 0.01 }, ...fields }])

/** The parameters after the steps, and how the program ran. */
function trained(lanes: readonly Lane[]): {
  readonly how: TrainingProgram['how']
  readonly values: readonly (readonly [string, Float32Array])[]
} {
  const state = startState(lanes)
  const program = captureTraining(lanes, state, 0)
  try {
    program.advance(0, steps)
    expect([...program.read('survived')]).toEqual(lanes.map(() => steps))
    const names = Object.keys(state).filter((name) => name.startsWith('parameter/'))
    return { how: program.how, values: names.map((name) => [name, Float32Array.from(program.read(name))] as const) }
  } finally {
    program.dispose()
  }
}

describe.skipIf(withoutTensorflow)(`a captured step of a convolutional network${tensorflowSkipped}`, () => {
  // Other kernels, other orders of sums: 2⁻²⁴ of a number at a step, twenty times over, and tens of times that where a gradient is small against its terms.
  test.each(Object.entries(studies))('of %s: runs as a graph and ends where wasm does, to 1e-4', { timeout: 60_000 }, async (_, fields) => {
    const lanes = lanesFor(fields)
    await startEngine('wasm')
    const expected = trained(lanes)
    await startEngine('tensorflow')
    const got = trained(lanes)
    expect([expected.how, got.how]).toEqual(['natives', 'graph'])
    for (const [i, [name, values]] of expected.values.entries()) {
      const start = startState(lanes)[name]?.values ?? []
      expect(Math.max(...values.map((value, k) => Math.abs(value - Number(start[k]))))).toBeGreaterThan(1e-3) // it has moved
      expect(got.values[i]?.[1]).toBeAllclose(values, { relative: 0, absolute: 1e-4 })
    }
  })
})
