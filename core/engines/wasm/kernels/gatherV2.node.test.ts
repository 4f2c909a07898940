import { beforeAll, describe, expect, test } from 'vitest'
import { engine } from '@tensorflow/tfjs-core'
import { gather, inScope, mul, sum, tensor, valueAndGrads, type Tensor, type Tensor1D } from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import { startEngine } from '#core/engines/registry.ts'

const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(3 * i + phase))

/** gather of whole rows; its type asks for one axis of indices. */
const rowsAt = (x: Tensor, indices: Tensor): Tensor => gather(x, indices as Tensor1D) // as made by every caller

function rowsOf(x: Float32Array, indices: readonly number[], length: number): number[] {
  return indices.flatMap((index) => [...x.slice(index * length, (index + 1) * length)])
}

describe('gather on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  test.each([[1], [7], [8], [12], [784]])('copies rows of %i numbers in the order asked for', (length) => {
    const before = engine().backend.numDataIds()
    const indices = [4, 0, 4, 3, 1]
    const x = numbers(5 * length, 1)
    const got = inScope(() => {
      const rows = rowsAt(tensor(x, [5, length]), tensor(indices, [5], 'int32'))
      return { shape: rows.shape, values: [...rows.dataSync()] }
    })
    expect(got).toEqual({ shape: [5, length], values: rowsOf(x, indices, length) })
    expect(engine().backend.numDataIds()).toBe(before)
  })
  test('keeps the type and the inner shape, and takes no row at all', () => {
    const got = inScope(() => {
      const rows = rowsAt(
        tensor(
          Int32Array.from({ length: 48 }, (_, i) => i),
          [3, 4, 4],
          'int32',
        ),
        tensor([2], [1], 'int32'),
      )
      const none = rowsAt(tensor(numbers(16, 1), [2, 8]), tensor([], [0], 'int32'))
      return { shape: rows.shape, dtype: rows.dtype, first: rows.dataSync()[0], none: none.shape }
    })
    expect(got).toEqual({ shape: [1, 4, 4], dtype: 'int32', first: 32, none: [0, 8] })
  })
  test.each([[-1], [3]])('an index out of range, %i, is a bug', (index) => {
    const of = () => inScope(() => rowsAt(tensor(numbers(24, 1), [3, 8]), tensor([index], [1], 'int32')).dataSync())
    expect(of).toThrow(`gather: expected an index in [0, 3), got ${index}`)
  })
  test('in a recording it reads the rows of the moment', () => {
    const x = tensor(numbers(10 * 8, 1), [10, 8])
    const state = { last: tensor(new Float32Array(16), [2, 8]) }
    const program = captureProgram({
      state,
      feeds: { rows: { shape: [2], dtype: 'int32' } },
      step: (_, feeds) => ({ last: rowsAt(x, feeds['rows'] as Tensor) }), // declared above
    })
    for (const rows of [
      [3, 3],
      [9, 0],
      [1, 2],
    ]) {
      program.advance(() => ({ rows: Int32Array.from(rows) }))
      expect([...program.read('last')]).toEqual(rowsOf(numbers(80, 1), rows, 8))
    }
    program.dispose()
    for (const part of [x, ...Object.values(state)]) part.dispose()
  })
  test('its gradient adds up in each row as often as it was taken', () => {
    const indices = [2, 0, 2, 2]
    const g = numbers(4 * 9, 2)
    const gradient = inScope(() => {
      const total = (x: Tensor) => sum(mul(tensor(g, [4, 9]), rowsAt(x, tensor(indices, [4], 'int32'))))
      return [...(valueAndGrads(total as never)([tensor(numbers(27, 1), [3, 9])]).grads[0]?.dataSync() ?? [])] // the sum is a scalar
    })
    const wanted = new Float32Array(27)
    for (const [i, index] of indices.entries())
      for (let column = 0; column < 9; column += 1)
        wanted[index * 9 + column] = (wanted[index * 9 + column] ?? 0) + (g[i * 9 + column] ?? 0)
    expect(gradient).toEqual([...wanted])
  })
})
