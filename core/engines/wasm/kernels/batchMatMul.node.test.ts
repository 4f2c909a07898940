import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engine } from '@tensorflow/tfjs-core'
import {
  add,
  inScope,
  matMul,
  memory,
  mul,
  reshape,
  scalar,
  sub,
  sum,
  tensor,
  tidy,
  valueAndGrads,
  type Tensor,
  type Tensors,
} from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { nativesOf } from '../natives.ts'

expect.extend({ toBeAllclose })

const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(3 * i + phase))
const at = (values: ArrayLike<number>, i: number) => values[i] ?? Number.NaN
const product = (a: Tensor, b: Tensor, flags: Partial<Flags> = {}): Tensor => matMul<Tensor>(a, b, flags.transposeA, flags.transposeB)

type Flags = { readonly transposeA: boolean; readonly transposeB: boolean }
type Sizes = { readonly lanes: number; readonly m: number; readonly k: number; readonly n: number }
type Shared = { readonly isSharedA?: boolean; readonly isSharedB?: boolean }
const everyFlag: readonly Flags[] = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })))

/** Σ_k a_ik b_kj by the definition, in float64. */
function reference(
  a: Float32Array,
  b: Float32Array,
  { lanes, m, k, n, transposeA, transposeB, isSharedA, isSharedB }: Sizes & Flags & Shared,
) {
  const c = new Float64Array(lanes * m * n)
  for (let place = 0; place < c.length; place += 1) {
    const [lane, row, column] = [Math.floor(place / (m * n)), Math.floor(place / n) % m, place % n]
    const [startA, startB] = [isSharedA === true ? 0 : lane * m * k, isSharedB === true ? 0 : lane * k * n]
    for (let inner = 0; inner < k; inner += 1) {
      const left = at(a, startA + (transposeA ? inner * m + row : row * k + inner))
      c[place] = at(c, place) + left * at(b, startB + (transposeB ? column * k + inner : inner * n + column))
    }
  }
  return c
}

const sizes: readonly Sizes[] = [
  { lanes: 1, m: 7, k: 5, n: 3 },
  { lanes: 1, m: 33, k: 60, n: 17 },
  { lanes: 2, m: 1, k: 1, n: 1 },
  { lanes: 3, m: 50, k: 5, n: 32 },
  { lanes: 3, m: 5, k: 50, n: 32 },
  { lanes: 3, m: 40, k: 1, n: 24 },
  { lanes: 3, m: 30, k: 70, n: 30 },
  { lanes: 4, m: 1, k: 60, n: 12 },
  { lanes: 4, m: 60, k: 12, n: 1 },
  { lanes: 2, m: 9, k: 100, n: 65 },
]
const sharing: readonly (readonly [string, Shared])[] = [
  ['every lane with its own', {}],
  ['the left one shared', { isSharedA: true }],
  ['the right one shared', { isSharedB: true }],
]

/** The operands of a product, with shapes as they are stored. */
function operands({ lanes, m, k, n, transposeA, transposeB, isSharedA, isSharedB }: Sizes & Flags & Shared) {
  const shape = (rows: number, columns: number, is: { isTransposed: boolean; isShared: boolean | undefined }) => [
    ...(is.isShared === true ? [] : [lanes]),
    ...(is.isTransposed ? [columns, rows] : [rows, columns]),
  ]
  const [aShape, bShape] = [
    shape(m, k, { isTransposed: transposeA, isShared: isSharedA }),
    shape(k, n, { isTransposed: transposeB, isShared: isSharedB }),
  ]
  const size = (of: readonly number[]) => of.reduce((total, count) => total * count, 1)
  return { a: numbers(size(aShape), 1), b: numbers(size(bShape), 2), aShape, bShape }
}

describe('a product on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  let before = 0
  beforeEach(() => void (before = engine().backend.numDataIds()))
  afterEach(() => expect(engine().backend.numDataIds()).toBe(before))

  describe.each(sharing)('%s', (_, shared) => {
    test.each(sizes.flatMap((one) => everyFlag.map((flag) => ({ ...one, ...flag, ...shared }))))(
      '$lanes × [$m, $k]·[$k, $n], transposed: $transposeA, $transposeB, is the sum of products',
      (one) => {
        const { a, b, aShape, bShape } = operands(one)
        const got = inScope(() => {
          const c = product(tensor(a, aShape), tensor(b, bShape), one)
          return { shape: c.shape, values: Float64Array.from(c.dataSync()) }
        })
        expect(got.shape).toEqual([one.lanes, one.m, one.n])
        // a sum of k products of numbers ≤ 1 in float32: k rounding errors of at most k · 2⁻²⁴ each at the very worst; they do not add up like that
        expect(got.values).toBeAllclose(reference(a, b, one), { absolute: one.k * 2 ** -22 })
      },
    )
  })

  test('an empty operand gives zeros, an empty result nothing', () => {
    const of = (aShape: number[], bShape: number[]) => inScope(() => [...product(tensor([], aShape), tensor([], bShape)).dataSync()])
    expect(of([3, 0], [0, 4])).toEqual(new Array(12).fill(0))
    expect(of([2, 3, 0], [2, 0, 4])).toEqual(new Array(24).fill(0))
    expect(of([0, 3, 2], [0, 2, 4])).toEqual([])
  })
  test('±∞ and huge numbers follow IEEE', () => {
    const values = inScope(() => [
      ...product(tensor([Infinity, 1, -Infinity, 1, 3e38, 3e38], [3, 2]), tensor([1, 1, 1, -1], [2, 2])).dataSync(),
    ])
    expect(values).toEqual([Infinity, Infinity, -Infinity, -Infinity, Infinity, 0])
  })

  test.each([[[3, 50, 5, 32]], [[3, 30, 70, 30]], [[3, 3, 3, 3]], [[3, 5, 50, 32]]] as const)(
    'a lane of NaN leaves the bits of its neighbours: %j',
    ([lanes, m, k, n]) => {
      const one = { lanes, m, k, n, transposeA: false, transposeB: false }
      const { a, b, aShape, bShape } = operands(one)
      const of = (left: Float32Array) => inScope(() => product(tensor(left, aShape), tensor(b, bShape)).dataSync().slice())
      const ill = a.slice().fill(Number.NaN, m * k, 2 * m * k)
      const [wanted, got] = [of(a), of(ill)]
      const expected = wanted.slice().fill(Number.NaN, m * n, 2 * m * n)
      expect(got).toEqual(expected)
    },
  )

  test('the bits of a lane do not depend on how many there are, from two on', () => {
    const [all, two] = [5, 2].map((lanes) => {
      const one = { lanes, m: 30, k: 70, n: 20, transposeA: false, transposeB: false }
      const { a, b, aShape, bShape } = operands(one)
      return inScope(() => product(tensor(a, aShape), tensor(b, bShape)).dataSync().slice())
    })
    expect(all?.slice(0, two?.length)).toEqual(two)
  })

  test('1,000 products leave the module’s heap where it was', () => {
    const one = { lanes: 4, m: 30, k: 70, n: 30, transposeA: true, transposeB: false }
    const { a, b, aShape, bShape } = operands(one)
    const [left, right] = [tensor(a, aShape), tensor(b, bShape)]
    const heap = () => nativesOf(engine().backend)?.backend.wasm.HEAPU8.length ?? 0
    for (let i = 0; i < 10; i += 1) tidy(() => void product(left, right, one))
    const start = heap()
    for (let i = 0; i < 1_000; i += 1) tidy(() => void product(left, right, one)) // 14 MB of results, 34 MB packed
    expect(heap()).toBe(start)
    left.dispose()
    right.dispose()
  })
})

/** The native products of one call in a recording, by the shapes of their operands. */
function nativeProducts(make: () => Tensor, isChanging: () => boolean): number {
  const natives = nativesOf(engine().backend)
  if (natives === undefined) throw new Error('the backend is not watched')
  const { result, held, arrays, views } = natives.hold(() => {
    make().dispose()
    return natives.take().filter((call) => 'name' in call && call.name === 'BatchMatMul').length
  }, isChanging)
  natives.drop(views)
  for (const dataId of held) natives.backend.disposeData(dataId, true)
  for (const pointer of arrays) natives.backend.wasm._free(pointer)
  return result
}

describe('a product on wasm in a recording', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  test.each(everyFlag)('is one native product for each lane, transposed: $transposeA, $transposeB', (flags) => {
    const { a, b, aShape, bShape } = operands({ lanes: 6, m: 40, k: 30, n: 50, ...flags })
    const [left, right] = [tensor(a, aShape), tensor(b, bShape)]
    expect(
      nativeProducts(
        () => product(left, right, flags),
        () => true,
      ),
    ).toBe(6)
    left.dispose()
    right.dispose()
  })
  test('is one native product of all rows where the right operand is shared', () => {
    const [left, right] = [tensor(numbers(6 * 40 * 30, 1), [6, 40, 30]), tensor(numbers(30 * 50, 1), [30, 50])]
    expect(
      nativeProducts(
        () => product(left, right),
        () => true,
      ),
    ).toBe(1)
    left.dispose()
    right.dispose()
  })

  /** A layer of tanh-less regression in a stack, with own data: products of every kind, changing and constant operands on both sides. */
  function stack(own: boolean) {
    const [R, m, d, h] = [3, 40, 5, 24]
    const x = tensor(numbers((own ? R : 1) * m * d, 1), own ? [R, m, d] : [m, d])
    const y = tensor(numbers(R * m, 2), [R, m, 1])
    const state = { w: tensor(numbers(R * d * h, 3), [R, d, h]), u: tensor(numbers(R * h, 4), [R, h, 1]) }
    const step = (now: Tensors, feeds: Tensors): Tensors => {
      const [w, u, shift] = [now['w'], now['u'], feeds['shift']] as [Tensor, Tensor, Tensor] // made below
      const loss = (v: Tensor, t: Tensor): Tensor => {
        const left = own ? product(x, v) : reshape(product(x, v), [R, m, h])
        const error = sub(product(left, t), add(y, shift))
        return sum(mul(error, error))
      }
      const [dw, du] = valueAndGrads(loss as never)([w, u]).grads as [Tensor, Tensor] // two arguments, two gradients
      return { w: sub(w, mul(dw, scalar(1e-4))), u: sub(u, mul(du, scalar(1e-4))) }
    }
    return { x, y, state, step, feeds: { shift: { shape: [1, m, 1], dtype: 'float32' } } as const }
  }

  test.each([true, false])('has the bits of tfjs’s own steps, 50 of them, own data: %s', (own) => {
    const { x, y, state, step, feeds } = stack(own)
    const program = captureProgram({ state, feeds, step })
    let eager: Tensors = state
    for (let i = 0; i < 50; i += 1) {
      const shift = numbers(40, i)
      program.advance(() => ({ shift }))
      const next: Tensors = tidy(() => ({ ...step(eager, { shift: tensor(shift, [1, 40, 1]) }) }))
      if (i > 0) for (const part of Object.values(eager)) part.dispose()
      eager = next
    }
    expect(program.read('w')).toEqual(eager['w']?.dataSync())
    expect(program.read('u')).toEqual(eager['u']?.dataSync())
    expect(program.read('w').every(Number.isFinite)).toBe(true)
    expect(program.read('w')).not.toEqual(state.w.dataSync())
    program.dispose()
    for (const part of [x, y, ...Object.values(state), ...Object.values(eager)]) part.dispose()
  })

  test('leaves nothing behind: 1,000 steps, 100 captures', () => {
    const before = { tensors: memory().numTensors, data: engine().backend.numDataIds() }
    const heap = () => nativesOf(engine().backend)?.backend.wasm.HEAPU8.length ?? 0
    let start = 0
    for (let i = 0; i < 100; i += 1) {
      const { x, y, state, step, feeds } = stack(true)
      const program = captureProgram({ state, feeds, step })
      if (i === 10) start = heap()
      for (let j = 0; j < 10; j += 1) program.advance(() => ({ shift: numbers(40, j) }))
      program.dispose()
      for (const part of [x, y, ...Object.values(state)]) part.dispose()
    }
    expect(heap()).toBe(start)
    expect({ tensors: memory().numTensors, data: engine().backend.numDataIds() }).toEqual(before)
  })
})
