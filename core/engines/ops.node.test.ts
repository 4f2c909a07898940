import { beforeAll, describe, expect, test } from 'vitest'
import * as ops from './ops.ts'
import { startEngine } from './registry.ts'

const { inScope, memory, square, tensor } = ops

describe('ops', () => {
  beforeAll(async () => void (await startEngine('cpu')))

  test('inScope gives back what was made and disposes every tensor on the way', () => {
    const before = memory().numTensors
    const values = inScope(() => [...square(tensor([1, 2, 3])).dataSync()])
    expect(values).toEqual([1, 4, 9])
    expect(memory().numTensors).toBe(before)
  })
  test('inScope disposes also what was made before a failure', () => {
    const before = memory().numTensors
    expect(() =>
      inScope(() => {
        square(tensor([1]))
        throw new Error('half-way')
      }),
    ).toThrow('half-way')
    expect(memory().numTensors).toBe(before)
  })
  test('the door has no draw of its own, no optimiser and no linear algebra', () => {
    const names = Object.keys(ops)
    expect(names.filter((name) => /rand|multinomial|dropout|truncatedNormal/i.test(name))).toEqual([])
    for (const closed of ['train', 'linalg', 'qr', 'svd']) expect(names).not.toContain(closed)
  })
})
