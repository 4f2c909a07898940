import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { addN, stack } from '@tensorflow/tfjs-core'
import {
  add,
  concat,
  reshape,
  laneChoice,
  matMul,
  memory,
  mul,
  scalar,
  slice,
  square,
  sub,
  sum,
  tensor,
  tidy,
  valueAndGrads,
  type Tensor,
  type Tensor1D,
  type Tensors,
} from './ops.ts'
import { captureProgram } from './program.ts'
import type { Program } from './stepProgram.ts'
import { startEngine } from './registry.ts'

const { sin } = Math
const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => sin(3 * i + phase)) // no pattern that symmetry could hide

function at(tensors: Tensors, name: string): Tensor {
  const found = tensors[name]
  if (found === undefined) throw new Error(`no tensor is named ${name}`)
  return found
}

/** A small regression: u⊙w against x·v, and a feed that shifts the targets. */
function build() {
  const x = tensor(numbers(7 * 5, 1), [7, 5])
  const y = tensor(numbers(3 * 7, 2), [3, 7])
  const state = { u: tensor(numbers(15, 3), [3, 5]), w: tensor(numbers(15, 4), [3, 5]) }
  const step = (now: Tensors, feeds: Tensors): Tensors => {
    const [u, w, shift] = [at(now, 'u'), at(now, 'w'), at(feeds, 'shift')]
    const loss = (a: Tensor, b: Tensor): Tensor1D => reshape(sum(square(sub(matMul(mul(a, b), x, false, true), add(y, shift)))), [1])
    const [du, dw] = valueAndGrads((a: Tensor, b: Tensor) => sum(loss(a, b)))([u, w]).grads
    if (du === undefined || dw === undefined) throw new Error('two parameters have two gradients')
    return { u: sub(u, mul(du, scalar(0.01))), w: sub(w, mul(dw, scalar(0.01))) }
  }
  return { x, y, state, step, feeds: { shift: { shape: [1, 7], dtype: 'float32' } } as const }
}

describe.each(['wasm', 'cpu'] as const)('program on %s', (name) => {
  beforeAll(async () => void (await startEngine(name)))
  let program: Program | undefined
  afterEach(() => program?.dispose())

  test('100 replayed steps have the bits of 100 steps run by tfjs', () => {
    const { x, y, state, step, feeds } = build()
    program = captureProgram({ state, feeds, step })
    let eager: Tensors = state
    for (let i = 0; i < 100; i += 1) {
      const shift = numbers(7, i)
      program.advance(() => ({ shift }))
      const next: Tensors = tidy(() => ({ ...step(eager, { shift: tensor(shift, [1, 7]) }) }))
      if (i > 0) for (const part of Object.values(eager)) part.dispose()
      eager = next
    }
    expect(program.read('u')).toEqual(eager['u']?.dataSync())
    expect(program.read('w')).toEqual(eager['w']?.dataSync())
    expect(program.read('u').every(Number.isFinite)).toBe(true)
    for (const part of [x, y, ...Object.values(state), ...Object.values(eager)]) part.dispose()
  })

  test('nothing is left behind: tensors, data and steps', () => {
    const before = memory().numTensors
    const { x, y, state, step, feeds } = build()
    const own = captureProgram({ state, feeds, step })
    const afterCapture = memory()
    for (let i = 0; i < 1_000; i += 1) own.advance(() => ({ shift: numbers(7, i) }))
    expect(memory().numTensors).toBe(afterCapture.numTensors)
    for (const part of [x, y, ...Object.values(state)]) part.dispose()
    own.dispose()
    program = undefined
    expect(memory().numTensors).toBe(before)
  })

  test('what does not change is computed once, what nobody needs is not computed', () => {
    const { state } = build()
    program = captureProgram({
      state,
      feeds: {},
      step: (now) => {
        const constant = square(scalar(3)) // folded
        square(at(now, 'u')) // unused
        return { u: mul(at(now, 'u'), constant), w: at(now, 'w') }
      },
    })
    expect(program.kernels.map((kernel) => kernel.name)).toEqual(['Multiply'])
    program.advance(() => ({}))
    program.advance(() => ({}))
    expect(program.read('u')).toEqual(numbers(15, 3).map((value) => Math.fround(Math.fround(value * 9) * 9)))
    expect(program.read('w')).toEqual(numbers(15, 4))
  })

  test('of three products, the one whose gradient nobody needs is dropped', () => {
    const { state, step, feeds } = build()
    program = captureProgram({ state, feeds, step })
    const products = program.kernels.filter((kernel) => kernel.name === 'BatchMatMul')
    expect(products).toHaveLength(2) // forward, and the one gradient that depends on the state
  })

  test('parts of the state may change places', () => {
    const state = { a: tensor([1, 2, 3]), b: tensor([4, 5, 6]) }
    program = captureProgram({ state, feeds: {}, step: (now) => ({ a: at(now, 'b'), b: at(now, 'a') }) })
    program.advance(() => ({}))
    expect([[...program.read('a')], [...program.read('b')]]).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ])
    program.advance(() => ({}))
    expect([...program.read('a')]).toEqual([1, 2, 3])
    for (const part of Object.values(state)) part.dispose()
  })

  test('a sum over a middle axis of a stack of columns follows its input, step after step', () => {
    const state = { a: tensor([1, 2, 3, 4], [2, 2, 1]) }
    program = captureProgram({ state, feeds: {}, step: ({ a }) => ({ a: add(a as Tensor, sum(a as Tensor, 1, true)) }) }) // the state has an a
    program.advance(() => ({}))
    program.advance(() => ({}))
    program.advance(() => ({}))
    // (x, y) ← (x + s, y + s), s = x + y: (1, 2) → (4, 5) → (13, 14) → (40, 41)
    expect([...program.read('a')].slice(0, 2)).toEqual([40, 41])
    for (const part of Object.values(state)) part.dispose()
  })

  test('kernels that take a list of tensors: 20 replayed steps have the bits of 20 steps run by tfjs', () => {
    const constant = tensor(numbers(6, 5), [2, 3])
    const state = { a: tensor(numbers(6, 3), [2, 3]), b: tensor(numbers(6, 4), [2, 3]) }
    const step = (now: Tensors, feeds: Tensors): Tensors => {
      const [a, b, shift] = [at(now, 'a'), at(now, 'b'), at(feeds, 'shift')]
      const joined = concat([a, constant, b], 1) // [2, 9]
      const stacked = stack([b, a, shift], 1) // [2, 3, 3]
      const total = addN([reshape(stacked, [2, 9]), joined, square(joined)])
      const loss = (one: Tensor, other: Tensor): Tensor1D => reshape(sum(square(concat([one, other], 0))), [1])
      const [da, db] = valueAndGrads((one: Tensor, other: Tensor) => sum(loss(one, other)))([a, b]).grads
      if (da === undefined || db === undefined) throw new Error('two parameters have two gradients')
      const [left, right] = [slice(total, [0, 0], [2, 3]), slice(total, [0, 6], [2, 3])]
      return { a: mul(add(left, da), scalar(0.2)), b: mul(sub(right, db), scalar(0.2)) }
    }
    program = captureProgram({ state, feeds: { shift: { shape: [2, 3], dtype: 'float32' } }, step })
    expect(program.kernels.map((kernel) => kernel.name)).toEqual(expect.arrayContaining(['Concat', 'Pack', 'AddN']))
    let eager: Tensors = state
    for (let i = 0; i < 20; i += 1) {
      const shift = numbers(6, i)
      program.advance(() => ({ shift }))
      const next: Tensors = tidy(() => ({ ...step(eager, { shift: tensor(shift, [2, 3]) }) }))
      if (i > 0) for (const part of Object.values(eager)) part.dispose()
      eager = next
    }
    for (const part of ['a', 'b']) expect(program.read(part)).toEqual(at(eager, part).dataSync())
    expect(program.read('a').every((value) => Number.isFinite(value) && value !== 0)).toBe(true)
    for (const part of [constant, ...Object.values(state), ...Object.values(eager)]) part.dispose()
  })

  test('a lane that is not selected may be NaN', () => {
    const alive = tensor([true, false], [2], 'bool')
    const selected = laneChoice(alive)(tensor([1, 2, NaN, NaN], [2, 2]), tensor([5, 6, 7, 8], [2, 2]))
    expect([...selected.dataSync()]).toEqual([1, 2, 7, 8])
  })
})
