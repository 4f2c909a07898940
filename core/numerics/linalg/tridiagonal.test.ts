import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { columnAt, unitColumns } from './householder.ts'
import { diagonaliseTridiagonal, type Tridiagonal } from './tridiagonal.ts'
import { dot } from './vector.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const entry = fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.constantFrom(0, 1e-8, 1e-200))
const list = (n: number): fc.Arbitrary<Float64Array> => fc.array(entry, { minLength: n, maxLength: n }).map((v) => Float64Array.from(v))
/** One entry is 1: what is asked is a largest entry near 1, which the callers see to by scaling. */
const tridiagonal = fc
  .integer({ min: 1, max: 10 })
  .chain((n) => fc.record({ diagonal: list(n), beside: list(n - 1), place: fc.nat(n - 1) }))
  .map(({ diagonal, beside, place }) => ({ diagonal: diagonal.with(place, 1), beside }))

/** Ts = λs for orthonormal s. */
function expectPairs({ diagonal, beside }: Tridiagonal): void {
  const n = diagonal.length
  const values = diagonal.slice()
  const vectors = unitColumns(n)
  diagonaliseTridiagonal({ diagonal: values, beside: beside.slice() }, vectors)
  expect([...values]).toEqual([...values].sort((x, y) => y - x))
  for (let k = 0; k < n; k++) {
    const s = columnAt(vectors, k)
    const image = s.map((x, i) => (diagonal[i] ?? 0) * x + (beside[i - 1] ?? 0) * (s[i - 1] ?? 0) + (beside[i] ?? 0) * (s[i + 1] ?? 0))
    const allowed = { absolute: 64 * epsilon, relative: 0 } // some 20 rotations of each vector
    expect(image).toBeAllclose(
      s.map((x) => x * (values[k] ?? Number.NaN)),
      allowed,
    )
    for (let j = 0; j <= k; j++) expect(dot(columnAt(vectors, j), s)).toBeAllclose(j === k ? 1 : 0, allowed)
  }
}

describe('diagonaliseTridiagonal', () => {
  test('gives orthonormal eigenvectors in descending order of value', () => {
    fc.assert(fc.property(tridiagonal, expectPairs), { numRuns: 300 })
  })

  test.each<[string, Tridiagonal]>([
    ['zero', { diagonal: new Float64Array(3), beside: new Float64Array(2) }],
    ['zero diagonal', { diagonal: new Float64Array(7), beside: new Float64Array(6).fill(1) }],
    ['nearly decoupled', { diagonal: Float64Array.of(1, 1, 1), beside: Float64Array.of(1e-17, 1e-300) }],
    ['tiny beside zeros', { diagonal: new Float64Array(4), beside: Float64Array.of(1, 1e-200, 1e-310) }],
    // The next two were found by chance: decoupling by the neighbours' size alone, or by less than rounding, they never settled
    ['tiny entries below large ones', { diagonal: new Float64Array(7), beside: Float64Array.of(1e-8, 0, 0, 1e-8, -9.3e-302, 1e-200) }],
    ['equal values an ulp apart', { diagonal: Float64Array.of(1, 1, 1), beside: Float64Array.of(2 ** -52, 2 ** -53) }],
    ['1 × 1', { diagonal: Float64Array.of(-1), beside: new Float64Array(0) }],
    ['empty', { diagonal: new Float64Array(0), beside: new Float64Array(0) }],
  ])('of %s', (_, t) => {
    expectPairs(t)
  })

  test('turns one row of vectors as it turns whole ones, and none', () => {
    const t = (): Tridiagonal => ({ diagonal: Float64Array.of(1, 0.5, -0.3), beside: Float64Array.of(0.2, 0.7) })
    const [whole, lone, bare] = [t(), t(), t()]
    const [vectors, last] = [unitColumns(3), [0, 0, 1].map((x) => Float64Array.of(x))]
    diagonaliseTridiagonal(whole, vectors)
    diagonaliseTridiagonal(lone, last)
    diagonaliseTridiagonal(bare, [])
    expect(last.map((x) => x[0])).toEqual(vectors.map((x) => x[2]))
    expect([lone.diagonal, bare.diagonal]).toEqual([whole.diagonal, whole.diagonal])
  })
})
