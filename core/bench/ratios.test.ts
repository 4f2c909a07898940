import { describe, expect, test } from 'vitest'
import { differenceOf, ratioOf, spreadOf } from './ratios.ts'

describe('ratioOf', () => {
  test('is theirs over ours, round by round: a round in which the machine was half as fast changes nothing', () => {
    expect(ratioOf([1, 2, 1], [3, 6, 3])).toEqual({ median: 3, least: 3, most: 3 })
  })
  test('is below 1 where the peer is faster', () => {
    expect(ratioOf([2, 2, 2], [1, 0.5, 4])).toEqual({ median: 0.5, least: 0.25, most: 2 })
  })
  test('of a program to itself is 1', () => {
    expect(ratioOf([0.3, 7, 11], [0.3, 7, 11])).toEqual({ median: 1, least: 1, most: 1 })
  })
  test('leaves out the rounds that one of them does not have', () => {
    expect(ratioOf([1], [2, 1_000])).toEqual({ median: 2, least: 2, most: 2 })
    expect(ratioOf([1, 1_000], [2])).toEqual({ median: 2, least: 2, most: 2 })
  })
})

test('spreadOf is median and range', () => {
  expect(spreadOf([5, 1, 3, 2])).toEqual({ median: 2.5, least: 1, most: 5 })
  expect(spreadOf([4])).toEqual({ median: 4, least: 4, most: 4 })
})

describe('differenceOf', () => {
  test('is the largest relative difference over the runs', () => {
    expect(differenceOf([1, 4, 0.5], [1, 5, 0.5])).toBe(0.25)
  })
  test('is 0 for equal losses, zeros among them', () => {
    expect(differenceOf([0, 2], [0, 2])).toBe(0)
  })
  test.each([
    ['as many runs', [1, 2], [1]],
    ['a run', [], []],
    ['finite losses of theirs', [1], [Number.NaN]],
    ['finite losses of ours', [Number.POSITIVE_INFINITY], [1]],
    ['a loss that can be a measure', [0], [1e-9]],
  ])('is infinite without %s', (_, ours, theirs) => {
    expect(differenceOf(ours, theirs)).toBe(Number.POSITIVE_INFINITY)
  })
})
