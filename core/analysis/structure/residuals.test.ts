import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { canonicalSigns } from './homogeneity.ts'
import { doubleRotationResidual, permutationResidual, rescalingResiduals, rotationResidual, singleMirrorResidual } from './residuals.ts'

expect.extend({ toBeAllclose })

function matrix(...rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) }
}

const identity = (n: number): Matrix => ({
  rows: n,
  columns: n,
  values: Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
})
const half = Math.SQRT1_2
const number = fc.integer({ min: -9, max: 9 })
const matrixOf = (rows: number, columns: number): fc.Arbitrary<Matrix> =>
  fc
    .array(number, { minLength: rows * columns, maxLength: rows * columns })
    .map((values) => ({ rows, columns, values: Float64Array.from(values) }))
const angle = fc.double({ min: 0, max: Math.PI, noNaN: true })

// θ = (W by columns) and O = n ⊗ I₂; of the double rotation θ goes on with V by columns and O with I₂ ⊗ n
const [n0, n1] = [0.6, 0.8]
const rotationMirror = matrix([n0, 0], [0, n0], [n1, 0], [0, n1])
const doubleMirror = matrix(
  [n0, 0, 0, 0],
  [0, n0, 0, 0],
  [n1, 0, 0, 0],
  [0, n1, 0, 0],
  [0, 0, n0, 0],
  [0, 0, n1, 0],
  [0, 0, 0, n0],
  [0, 0, 0, n1],
)

describe('singleMirrorResidual', () => {
  // Origin: theory.md section 3, the table of fixtures
  test.each<[string, number[], Matrix, number]>([
    ['rescaling, n₂', [3, 1], matrix([half], [-half]), 0.4472135955],
    ['rescaling, n₁', [3, 1], matrix([half], [half]), 0.894427191],
    ['rescaling, vectors', [1, 2, 2, 0], identity(4), 1],
    ['rotation', [1, 3, 2, 4], rotationMirror, 0.9973297683],
    ['double rotation', [1, 3, 2, 4, 1, 1, 0, 1], doubleMirror, 0.9914788465],
    [
      'permutation',
      [1, 0.5, 2, 1, -0.5, 1],
      matrix([half, 0, 0], [0, half, 0], [0, 0, half], [-half, 0, 0], [0, -half, 0], [0, 0, -half]),
      0.3651483717,
    ],
    ['sign flip', [0.5, 1, -1, 2, 0, 1], matrix([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]), 0.5570860145],
    ['scale', [3, 4], identity(2), 1],
  ])('of %s is that of the table', (_name, theta, o, expected) => {
    expect(singleMirrorResidual(Float64Array.from(theta), o)).toBeAllclose(expected, { absolute: 5e-11 }) // ten printed digits
  })

  test('is 0 for θ = 0, NaN for NaN and ±∞, and refuses another length', () => {
    expect(singleMirrorResidual(new Float64Array(2), identity(2))).toBe(0)
    expect(singleMirrorResidual(Float64Array.of(Number.NaN, 1), identity(2))).toBeNaN()
    expect(singleMirrorResidual(Float64Array.of(Number.NEGATIVE_INFINITY, 1), identity(2))).toBeNaN()
    expect(() => singleMirrorResidual(new Float64Array(3), identity(2))).toThrow(Refusal)
  })
})

describe('rotationResidual', () => {
  test('of [[1, 2], [3, 4]] is its least singular value over its norm', () => {
    // Origin: theory.md section 9: σ₂ = .3659661906, and ‖W‖² = 30
    expect(rotationResidual(matrix([1, 2], [3, 4]))).toBeAllclose(0.3659661906 / Math.sqrt(30), { absolute: 1e-10 })
  })

  test('is no larger than the residual of any one mirror, and is reached by one', () => {
    fc.assert(
      fc.property(matrixOf(3, 2), angle, (w, φ) => {
        const residual = rotationResidual(w)
        const theta = Float64Array.of(...[0, 1].flatMap((column) => [0, 1, 2].map((row) => w.values[row * 2 + column] ?? Number.NaN)))
        const of = (x: number) => {
          const [c, s] = [Math.cos(x), Math.sin(x)]
          return singleMirrorResidual(theta, matrix([c, 0, 0], [0, c, 0], [0, 0, c], [s, 0, 0], [0, s, 0], [0, 0, s]))
        }
        expect(residual).toBeLessThanOrEqual(of(φ) + 1e-14) // a few roundings of a number below 1
        // ‖Wn‖² = ½(tr G + (G₀₀ − G₁₁) cos 2φ + 2 G₀₁ sin 2φ) is least opposite to the angle of its wave
        const gram = (i: number, j: number) =>
          [0, 1, 2].reduce((sum, row) => sum + (w.values[row * 2 + i] ?? 0) * (w.values[row * 2 + j] ?? 0), 0)
        const least = (Math.atan2(2 * gram(0, 1), gram(0, 0) - gram(1, 1)) + Math.PI) / 2
        expect(residual).toBeAllclose(of(least), { absolute: 1e-14 })
      }),
    )
  })

  test('is 1/√r for an orthogonal matrix, 0 for one of less rank and for one with fewer rows than columns', () => {
    expect(rotationResidual(identity(4))).toBeAllclose(0.5)
    expect(rotationResidual(matrix([1, 2], [2, 4], [3, 6]))).toBeAllclose(0, { absolute: 1e-15 }) // four times 2⁻⁵²
    expect(rotationResidual(matrix([1, 2, 3]))).toBe(0)
    expect(rotationResidual(matrix([5]))).toBe(1)
  })

  test('is 0 for a zero matrix, NaN without columns and for NaN and ±∞', () => {
    expect(rotationResidual(matrix([0, 0], [0, 0]))).toBe(0)
    expect(rotationResidual({ rows: 3, columns: 0, values: new Float64Array() })).toBeNaN()
    expect(rotationResidual(matrix([1, Number.NaN], [1, 1]))).toBeNaN()
    expect(rotationResidual(matrix([1, Number.POSITIVE_INFINITY], [1, 1]))).toBeNaN()
  })

  test('of entries near the ends of float64 equals that of ordinary ones', () => {
    const w = matrix([1, 2], [3, 4], [5, -6])
    for (const scale of [2 ** 1000, 2 ** -1000]) {
      expect(rotationResidual({ ...w, values: w.values.map((value) => value * scale) })).toBeAllclose(rotationResidual(w), {
        relative: 1e-15,
      })
    }
  })
})

describe('doubleRotationResidual', () => {
  const u = matrix([1, 2], [3, 4])
  const v = matrix([1, 0], [1, 1])

  test('is √λ_min(UᵀU + VVᵀ) / √(‖U‖² + ‖V‖²)', () => {
    // By hand: UᵀU = [[10, 14], [14, 20]], VVᵀ = [[1, 1], [1, 2]]; λ_min of [[11, 15], [15, 22]] = 16.5 − √(5.5² + 15²)
    expect(doubleRotationResidual(u, v)).toBeAllclose(Math.sqrt((16.5 - Math.hypot(5.5, 15)) / 33), { relative: 1e-12 })
  })

  test('is no larger than that of the mirror of n = (.6, .8)', () => {
    expect(doubleRotationResidual(u, v)).toBeLessThan(0.9914788465) // Origin: theory.md section 3
  })

  test('does not change when U and V are turned against each other', () => {
    fc.assert(
      fc.property(matrixOf(3, 2), matrixOf(2, 4), angle, (first, second, φ) => {
        const [c, s] = [Math.cos(φ), Math.sin(φ)]
        const at = (m: Matrix, i: number, j: number) => m.values[i * m.columns + j] ?? Number.NaN
        // UQ and QᵀV, Q = [[c, −s], [s, c]]
        const turnedU: Matrix = {
          ...first,
          values: first.values.map((_, k) => (k % 2 === 0 ? c : -s) * at(first, k >> 1, 0) + (k % 2 === 0 ? s : c) * at(first, k >> 1, 1)),
        }
        const turnedV: Matrix = {
          ...second,
          values: second.values.map((_, k) => (k < 4 ? c : -s) * at(second, 0, k % 4) + (k < 4 ? s : c) * at(second, 1, k % 4)),
        }
        expect(doubleRotationResidual(turnedU, turnedV)).toBeAllclose(doubleRotationResidual(first, second), { absolute: 1e-14 })
      }),
    )
  })

  test('is 0 where a direction is missing on both sides, not on one', () => {
    expect(doubleRotationResidual(matrix([1, 0], [2, 0]), matrix([3, 4], [0, 0]))).toBeAllclose(0, { absolute: 1e-15 })
    expect(doubleRotationResidual(matrix([1, 0], [2, 0]), matrix([0, 0], [3, 4]))).toBeAllclose(Math.sqrt(5 / 30)) // λ = 5 and 25
  })

  test('tells a small residual from 0, where the roots of eigenvalues could not', () => {
    const tiny = 1e-12
    expect(doubleRotationResidual(matrix([1, 0], [0, tiny]), matrix([1, 0], [0, 0]))).toBeAllclose(tiny / Math.SQRT2, { relative: 1e-3 })
  })

  test('is 0 for zeros, NaN for NaN, and refuses other inner sizes', () => {
    expect(doubleRotationResidual(matrix([0, 0]), matrix([0], [0]))).toBe(0)
    expect(doubleRotationResidual(u, matrix([1, Number.NaN], [1, 1]))).toBeNaN()
    const message = 'doubleRotationResidual: v: expected 2 rows, got 1'
    expect(() => doubleRotationResidual(u, matrix([1, 2]))).toThrow(new Refusal('invalid-input', message))
  })
})

describe('permutationResidual', () => {
  test('of two neurons is that of the table, and names the nearest pair of several', () => {
    // Origin: theory.md section 3: ‖a − b‖/√2 = 1, ‖θ‖² = 7.5
    expect(permutationResidual(matrix([1, 0.5, 2], [1, -0.5, 1])).residual).toBeAllclose(0.3651483717, { absolute: 5e-11 })
    // By hand: ‖a − b‖² = 10, 1 and 13 for the pairs (0, 1), (0, 2), (1, 2); ‖θ‖² = 25 + 25 + 18
    expect(permutationResidual(matrix([3, 4], [0, 5], [3, 3]))).toEqual({ residual: Math.sqrt(0.5) / Math.sqrt(68), pair: [0, 2] })
  })

  test('agrees with the mirror of each pair', () => {
    fc.assert(
      fc.property(matrixOf(3, 2), (rows) => {
        const residuals = [
          [0, 1],
          [0, 2],
          [1, 2],
        ].map(([a, b]) => {
          // O = (I; −I)/√2 on the two rows
          const o = matrix(
            ...Array.from({ length: 6 }, (_, i) => [0, 1].map((k) => (i % 2 !== k ? 0 : i >> 1 === a ? half : i >> 1 === b ? -half : 0))),
          )
          return singleMirrorResidual(rows.values, o)
        })
        expect(permutationResidual(rows).residual).toBeAllclose(Math.min(...residuals), { absolute: 1e-15 })
      }),
    )
  })

  test('is 0 for copies, also of a neuron with an odd activation and its negative once their signs are canonical', () => {
    expect(permutationResidual(matrix([1, 2], [7, 8], [1, 2]))).toEqual({ residual: 0, pair: [0, 2] })
    const opposite = matrix([1, 2], [-1, -2])
    expect(permutationResidual(opposite).residual).toBeAllclose(1)
    expect(permutationResidual(canonicalSigns(opposite, [1])).residual).toBe(0)
  })

  test('does not change under a common scale, to the ends of float64', () => {
    const rows = matrix([1, 0.5, 2], [1, -0.5, 1])
    for (const scale of [2 ** 1000, 2 ** -1000]) {
      expect(permutationResidual({ ...rows, values: rows.values.map((value) => value * scale) })).toEqual(permutationResidual(rows))
    }
  })

  test('is 0 for zeros, and NaN below two units and for NaN and ±∞', () => {
    expect(permutationResidual(matrix([0, 0], [0, 0]))).toEqual({ residual: 0, pair: [0, 1] })
    const none = { residual: Number.NaN, pair: null }
    expect(permutationResidual(matrix([1, 2]))).toEqual(none)
    expect(permutationResidual({ rows: 0, columns: 2, values: new Float64Array() })).toEqual(none)
    expect(permutationResidual(matrix([1, Number.NaN], [1, 2]))).toEqual(none)
    expect(permutationResidual(matrix([1, Number.NEGATIVE_INFINITY], [1, 2]))).toEqual(none)
  })
})

describe('rescalingResiduals', () => {
  test('of u = 3, w = 1 are those of the table', () => {
    const { zero, equal, opposite, nearest } = rescalingResiduals(Float64Array.of(3), Float64Array.of(1))
    expect([zero[0], equal[0], opposite[0]]).toBeAllclose([1, 0.4472135955, 0.894427191], { absolute: 5e-11 }) // Origin: theory.md section 3
    expect(nearest).toBe(equal[0])
  })

  test('add up: zero² = equal² + opposite² in a pair, and the squares of zero to 1', () => {
    fc.assert(
      fc.property(matrixOf(2, 4), (m) => {
        const { zero, equal, opposite, nearest } = rescalingResiduals(m.values.slice(0, 4), m.values.slice(4))
        expect(zero.map((value) => value ** 2)).toBeAllclose(
          equal.map((value, i) => value ** 2 + (opposite[i] ?? Number.NaN) ** 2),
          { absolute: 1e-15 },
        )
        const isZero = m.values.every((value) => value === 0)
        expect(zero.reduce((sum, value) => sum + value ** 2, 0)).toBeAllclose(isZero ? 0 : 1)
        expect(nearest).toBe(Math.min(...zero, ...equal, ...opposite))
      }),
    )
  })

  test('agree with their mirrors, O over the whole of θ', () => {
    const { zero, equal, opposite } = rescalingResiduals(Float64Array.of(3, -1), Float64Array.of(1, 2))
    const theta = Float64Array.of(3, -1, 1, 2)
    expect(zero[1]).toBeAllclose(singleMirrorResidual(theta, matrix([0, 0], [1, 0], [0, 0], [0, 1])))
    expect(equal[1]).toBeAllclose(singleMirrorResidual(theta, matrix([0], [half], [0], [-half])))
    expect(opposite[1]).toBeAllclose(singleMirrorResidual(theta, matrix([0], [half], [0], [half])))
  })

  test('are 0 for θ = 0, NaN for NaN and ±∞, and nearest is NaN without pairs', () => {
    expect(rescalingResiduals(new Float64Array(1), new Float64Array(1))).toEqual({
      zero: Float64Array.of(0),
      equal: Float64Array.of(0),
      opposite: Float64Array.of(0),
      nearest: 0,
    })
    const bad = rescalingResiduals(Float64Array.of(1, Number.NaN), Float64Array.of(1, 1))
    expect([...bad.zero, ...bad.equal, ...bad.opposite, bad.nearest].every(Number.isNaN)).toBe(true)
    expect(rescalingResiduals(Float64Array.of(1), Float64Array.of(Number.POSITIVE_INFINITY)).nearest).toBeNaN()
    expect(rescalingResiduals(new Float64Array(0), new Float64Array(0)).nearest).toBeNaN()
    expect(() => rescalingResiduals(new Float64Array(1), new Float64Array(2))).toThrow(Refusal)
  })
})
