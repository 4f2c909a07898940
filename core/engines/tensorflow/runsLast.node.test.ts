import * as fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  add,
  all,
  cast,
  isFinite as isFiniteEach,
  laneChoice,
  matMul,
  max,
  mul,
  reshape,
  scalar,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  tensor,
  transpose,
  type Tensor,
  type Tensors,
} from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import { startEngine } from '#core/engines/registry.ts'
import { named } from '#core/engines/replayKernels.ts'
import type { Program } from '#core/engines/stepProgram.ts'
import { tensorflowSkipped, withoutTensorflow } from '#core/testing/engines.ts'

type Sizes = { readonly R: number; readonly m: number; readonly k: number; readonly n: number }
type Operation = (given: { readonly a: Tensor; readonly b: Tensor; readonly c: Tensor; readonly shared: Tensor } & Sizes) => Tensor

/** Of a [R, m, k], b [R, k, n], c [R] and shared [k, n], which is no part of the state. */
const operations: Readonly<Record<string, Operation>> = {
  'a product': ({ a, b }) => matMul(a, b),
  'a product with its right side transposed': ({ a, b }) => matMul(a, transpose(b, [0, 2, 1]), false, true),
  'a product with its left side transposed': ({ a, b }) => matMul(transpose(a, [0, 2, 1]), b, true, false),
  'a product with both transposed': ({ a, b }) => matMul(transpose(a, [0, 2, 1]), transpose(b, [0, 2, 1]), true, true),
  'an outer product': ({ a, b, R, m, n }) => matMul(slice(a, [0, 0, 0], [R, m, 1]), slice(b, [0, 0, 0], [R, 1, n])),
  'a shared product': ({ a, shared, R, k }) => matMul(reshape(slice(a, [0, 0, 0], [R, 1, k]), [R, k]), shared),
  'a shared product, side by side': ({ shared, b, R, k, n }) => {
    const together = matMul(transpose(shared), reshape(transpose(b, [1, 0, 2]), [k, R * n]))
    return transpose(reshape(together, [n, R, n]), [1, 0, 2])
  },
  'a spread over fewer axes': ({ b, shared }) => sub(mul(b, shared), scalar(0.5)),
  'a spread of one number a run': ({ a, c, R }) => add(a, reshape(c, [R, 1, 1])),
  'a sum over the last axis': ({ a }) => sum(a, -1),
  'a sum over the middle, kept': ({ a }) => sum(a, 1, true),
  'a sum over two': ({ a }) => sum(square(a), [1, 2]),
  'a sum over the runs': ({ a, b }) => mul(b, sum(a)),
  'a sum over the runs and another axis': ({ a, b }) => mul(sum(b, 2, true), sum(a, [0, 1, 2], true)),
  'a largest': ({ a }) => max(a, [1, 2]),
  'a reshape that flattens': ({ a, R }) => tanh(reshape(a, [R, -1])),
  'a square root of squares': ({ a }) => sqrt(add(square(a), scalar(1))),
  'a choice of lanes': ({ a, c }) => laneChoice(isFiniteEach(mul(c, scalar(Number.MAX_VALUE))))(a, tanh(a)),
  'a test of all': ({ a, c, R }) => add(cast(all(isFiniteEach(reshape(a, [R, -1])), -1), 'float32'), c),
}

/** Numbers of both signs between 0.5 and 1.5, the same for the same size and salt. */
function numbers(shape: readonly number[], salt: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1)
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (0.5 + (((i + salt) * 7919) % 1013) / 1013) * (i % 3 === 0 ? -1 : 1)),
    [...shape],
  )
}

const programs: Program[] = []

/** The results of all operations, in the program and one after another. */
function both(sizes: Sizes): readonly { readonly name: string; readonly ours: readonly number[]; readonly expected: readonly number[] }[] {
  const { R, m, k, n } = sizes
  const given = { a: numbers([R, m, k], 1), b: numbers([R, k, n], 2), c: numbers([R], 3) }
  const shared = numbers([k, n], 4)
  const results = Object.fromEntries(Object.entries(operations).map(([name, of]) => [name, of({ ...given, shared, ...sizes })]))
  const program = captureProgram({
    state: { ...given, ...results },
    feeds: {},
    step: (state): Tensors => {
      const now = { a: named(state, 'a'), b: named(state, 'b'), c: named(state, 'c'), shared, ...sizes }
      return { a: now.a, b: now.b, c: now.c, ...Object.fromEntries(Object.entries(operations).map(([name, of]) => [name, of(now)])) }
    },
  })
  programs.push(program)
  program.advance(() => ({}), 2) // the second from the state that the first left
  expect(program.how).toBe('xla')
  expect(program.kernels.filter(({ name }) => name === 'BatchMatMulV2')).toHaveLength(2) // those of what the runs share; with the runs first there are seven
  return Object.entries(results).map(([name, result]) => ({
    name,
    ours: Array.from(program.read(name)),
    expected: Array.from(result.dataSync<'float32'>()),
  }))
}

describe.skipIf(withoutTensorflow)(`a step with its runs last${tensorflowSkipped}`, () => {
  beforeAll(async () => void (await startEngine('tensorflow')))
  afterEach(() => programs.splice(0).forEach((program) => program.dispose()))

  // n summands below 2.25, or a product of two sums: n·2⁻²⁴ of their absolute values for either order; never so much that a lost summand, 0.25 at least, would pass.
  const agree = (sizes: Sizes) => {
    const { R, m, k, n } = sizes
    for (const { name, ours, expected } of both(sizes)) {
      const ofAll = name.startsWith('a sum over the runs')
      const summands = ofAll ? R * m * k + n : m * k
      const bound = Math.min(0.125, 2 * summands * 2 ** -24 * (ofAll ? R * m * k * 1.5 * n * 1.5 : m * k * 2.25))
      expect(ours, name).toHaveLength(expected.length)
      expect(Math.max(...expected.map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN)))), name).toBeLessThanOrEqual(bound)
    }
  }

  test.each([
    { R: 4, m: 4, k: 4, n: 4 }, // every axis is as long as the runs
    { R: 8, m: 1, k: 8, n: 3 },
    { R: 16, m: 2, k: 17, n: 1 }, // a sum in parts with a tail
    { R: 8, m: 3, k: 61, n: 2 },
    { R: 8, m: 1, k: 1_000, n: 2 },
  ])('is the step with its runs first: every operation at R = $R, m = $m, k = $k, n = $n', (sizes) => agree(sizes))

  test('is so at any small sizes', () => {
    const size = fc.integer({ min: 1, max: 5 })
    fc.assert(
      fc.property(fc.record({ R: fc.integer({ min: 4, max: 9 }), m: size, k: size, n: size }), (sizes) => agree(sizes)),
      { numRuns: 3, seed: 1 }, // each is compiled
    )
  })
})
