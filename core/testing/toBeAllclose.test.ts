import { describe, expect, test } from 'vitest'
import { toBeAllclose } from './toBeAllclose.ts'

expect.extend({ toBeAllclose })

const messageOf = (assertion: () => void) => {
  try {
    assertion()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return 'no failure'
}

describe('toBeAllclose', () => {
  test('names the worst place with both values and both errors', () => {
    const message = messageOf(() => expect([1, 2.5, 3]).toBeAllclose([1, 2, 3.1], { absolute: 0.01 }))
    expect(message).toContain('worst at index 1: got 2.5, expected 2, absolute error 5.00e-1, relative error 2.50e-1')
  })
  test('the bound is absolute + relative · |expected|, reached but not passed', () => {
    expect([0.75, 8.5]).toBeAllclose([1, 8], { absolute: 0.25, relative: 0.03125 })
    expect([9]).not.toBeAllclose([8], { absolute: 0.5, relative: 0.03125 })
  })
  test('arrays of other lengths differ', () => {
    expect(messageOf(() => expect([1]).toBeAllclose([1, 2]))).toContain('expected 2 numbers, got 1')
  })
  test.each([
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [0, -0],
  ])('%s equals %s', (a, b) => expect(a).toBeAllclose(b))
  test.each([
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    [1, Number.POSITIVE_INFINITY],
  ])('%s never equals %s', (a, b) => expect(a).not.toBeAllclose(b, { absolute: 1e300, relative: 1 }))
  test('typed arrays compare with plain ones, and two empty ones are equal', () => {
    expect(Float32Array.of(0.5, 2)).toBeAllclose([0.5, 2])
    expect(new Float64Array()).toBeAllclose([])
  })
  test('what is no number is a bug', () => {
    expect(() => expect('1').toBeAllclose(1)).toThrow('bug: toBeAllclose')
  })
})
