/**
 * The matcher that compares numbers with a tolerance and, where they differ, names the worst place: index, both values, absolute and relative
 * error. A test file takes it with `expect.extend({ toBeAllclose })`.
 */
import { assert, quote } from '#core/contract/errors.ts'

/** |a − e| ≤ absolute + relative · |e| in every place; the default is what some thousand float64 roundings allow. */
export type Tolerance = { readonly absolute?: number; readonly relative?: number }

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- a merged interface repeats the type parameters of vitest's
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Numbers, or arrays of one length, within a tolerance. NaN equals NaN, and ±∞ only itself. */
    toBeAllclose(expected: number | ArrayLike<number>, tolerance?: Tolerance): R
  }
}

type Worst = { readonly index: number; readonly actual: number; readonly expected: number; readonly excess: number }

export function toBeAllclose(
  received: unknown,
  wanted: number | ArrayLike<number>,
  { absolute = 0, relative = 1e-12 }: Tolerance = {},
): { pass: boolean; message: () => string } {
  const [actual, expected] = [numbersOf(received), numbersOf(wanted)]
  if (actual.length !== expected.length) {
    return { pass: false, message: () => `expected ${expected.length} numbers, got ${actual.length}` }
  }
  const worst = worstOf(actual, expected, { absolute, relative })
  const pass = worst === null || worst.excess <= 1
  return {
    pass,
    message: () => (worst === null ? 'expected numbers that differ, got none' : describeWorst(worst, { absolute, relative, pass })),
  }
}

function numbersOf(value: unknown): readonly number[] {
  const list = isList(value) ? [...value] : [value]
  assert(
    list.every((item) => typeof item === 'number'),
    `toBeAllclose: expected a number or an array of numbers, got ${quote(value)}`,
  )
  return list
}

function isList(value: unknown): value is Iterable<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

/** The place where the difference is largest against what is allowed there; the first of equals. */
function worstOf(actual: readonly number[], expected: readonly number[], { absolute, relative }: Required<Tolerance>): Worst | null {
  let worst: Worst | null = null
  for (const [index, a] of actual.entries()) {
    const e = expected[index] ?? Number.NaN
    const allowed = absolute + relative * Math.abs(e)
    const excess = Object.is(a, e) || a === e ? 0 : Math.abs(a - e) / allowed
    const size = Number.isFinite(a) && Number.isFinite(e) ? excess : Object.is(a, e) ? 0 : Number.POSITIVE_INFINITY
    if (worst === null || size > worst.excess) worst = { index, actual: a, expected: e, excess: size }
  }
  return worst
}

function describeWorst({ index, actual, expected }: Worst, { absolute, relative, pass }: Required<Tolerance> & { pass: boolean }): string {
  const error = Math.abs(actual - expected)
  const rule = `|difference| ≤ ${absolute} + ${relative} · |expected|`
  return (
    `expected ${pass ? 'a difference beyond' : 'all within'} ${rule}; worst at index ${index}: got ${actual}, expected ${expected}, ` +
    `absolute error ${error.toExponential(2)}, relative error ${(error / Math.abs(expected)).toExponential(2)}`
  )
}
