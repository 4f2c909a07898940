import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { joinRoots, rootsOf, type Root } from './boundaryLines.ts'

expect.extend({ toBeAllclose })

const places = [0, 1, 2, 3, 4]

describe('rootsOf', () => {
  test('finds every change of sign, to the last bits, and its direction', () => {
    const roots = rootsOf((v) => (v - 0.5) * (v - 2.25) * (v - 3.5), places)
    expect(roots.map(({ value }) => value)).toBeAllclose([0.5, 2.25, 3.5])
    expect(roots.map(({ rises }) => rises)).toEqual([true, false, true])
  })
  test('finds any root of a line', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 3.999, noNaN: true }), (root) => {
        expect(rootsOf((v) => v - root, places)).toEqual([{ value: expect.closeTo(root, 14) as number, rises: true }]) // a matcher stands in for the number
      }),
    )
  })
  test('counts 0 as positive, and finds a jump where it is', () => {
    expect(rootsOf((v) => v, places)).toEqual([])
    expect(rootsOf((v) => -v, places)).toEqual([{ value: expect.closeTo(0, 14) as number, rises: false }]) // the same
    const [jump] = rootsOf((v) => (v < Math.SQRT2 ? -1 : 1), places)
    expect(jump?.value).toBeAllclose(Math.SQRT2)
  })
  test('takes ±∞ by their sign', () => expect(rootsOf((v) => (v < 2.5 ? -Infinity : Infinity), places)).toHaveLength(1))
  test('of one sign, of no sign, and of too few places there is none', () => {
    expect(rootsOf(() => 1, places)).toEqual([])
    expect(rootsOf(() => Number.NaN, places)).toEqual([])
    expect(rootsOf((v) => v - 1, [0])).toEqual([])
    expect(rootsOf((v) => v - 1, [])).toEqual([])
  })
  test('next to NaN, and through NaN, there is none', () => {
    expect(rootsOf((v) => (v < 2 ? Number.NaN : v - 2.5), places)).toHaveLength(1)
    expect(rootsOf((v) => (v === 2.5 ? Number.NaN : v - 2.5), places)).toEqual([])
  })
})

describe('joinRoots', () => {
  const rise = (value: number): Root => ({ value, rises: true })
  const fall = (value: number): Root => ({ value, rises: false })
  test('of one seed are the roots, joined by their order and direction', () => {
    const lines = joinRoots([1, 2, 3], [[[rise(1), fall(5)], [rise(2), fall(4)], [rise(3)]]])
    expect(lines).toEqual([
      {
        collapses: 'above',
        points: [1, 2, 3].map((at) => ({ at, value: at, low: at, high: at })),
      },
      {
        collapses: 'below',
        points: [
          { at: 1, value: 5, low: 5, high: 5 },
          { at: 2, value: 4, low: 4, high: 4 },
        ],
      },
    ])
  })
  test('a place without a root ends a piece', () => {
    const lines = joinRoots([1, 2, 3, 4], [[[rise(1)], [], [rise(3)], [rise(4)]]])
    expect(lines.map(({ points }) => points.map(({ at }) => at))).toEqual([[1], [3, 4]])
  })
  test('of several seeds are medians with their extremes, of those that have a root', () => {
    const [line] = joinRoots(
      [1, 2],
      [
        [[rise(1)], [rise(7)]],
        [[rise(3)], []],
        [[rise(2)], [rise(5)]],
      ],
    )
    expect(line?.points).toEqual([
      { at: 1, value: 2, low: 1, high: 3 },
      { at: 2, value: 6, low: 5, high: 7 },
    ])
  })
  test('of no root and of no seed there is no line', () => {
    expect(joinRoots([1, 2], [[[], []]])).toEqual([])
    expect(joinRoots([1, 2], [])).toEqual([])
    expect(joinRoots([], [[]])).toEqual([])
  })
})
