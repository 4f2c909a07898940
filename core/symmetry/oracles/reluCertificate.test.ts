import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { certificate, certificateInPlane, reluCertificate, reluCorrelation, threeSampleMinimum } from './reluCertificate.ts'

expect.extend({ toBeAllclose })

const key = [8, 13] as const
const x: Matrix = { rows: 3, columns: 2, values: Float64Array.of(1, 0, 0, 1, -1, 1) }
const y = Float64Array.of(1, 2, -1)
const real = fc.double({ min: -3, max: 3, noNaN: true })
const problems = (rows: number, columns: number) =>
  fc
    .record({
      values: fc.array(real, { minLength: rows * columns, maxLength: rows * columns }),
      residual: fc.array(real, { minLength: rows, maxLength: rows }),
    })
    .map(({ values, residual }) => ({ x: { rows, columns, values: Float64Array.from(values) }, residual: Float64Array.from(residual) }))

type Vector = readonly [number, number, number]
const cross = ([a, b, c]: Vector, [p, q, r]: Vector): Vector => [b * r - c * q, c * p - a * r, a * q - b * p]
const inner = ([a, b, c]: Vector, [p, q, r]: Vector): number => a * p + b * q + c * r

/**
 * The certificate in three dimensions by looking everywhere it can be: samples cut the sphere into faces of one active set each. A maximum is
 * at ±c/‖c‖ of a face, at ±(c projected)/‖·‖ on an edge, or at a corner x_i × x_j. Every face touches a corner.
 */
function byEnumeration(data: { x: Matrix; residual: Float64Array }): number {
  const samples = Array.from({ length: data.x.rows }, (_, i): Vector => [
    data.x.values[3 * i] ?? 0,
    data.x.values[3 * i + 1] ?? 0,
    data.x.values[3 * i + 2] ?? 0,
  ])
  let most = 0
  const look = (w: Vector): void => {
    const size = Math.hypot(...w)
    if (size > 0)
      for (const sign of [1, -1])
        most = Math.max(
          most,
          reluCorrelation(
            data,
            Float64Array.from(w, (value) => (sign * value) / size),
          ),
        )
  }
  const lookAround = (i: number, j: number, corner: Vector): void => {
    for (const [withFirst, withSecond] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]) {
      const active = samples.map((s, k) => (k === i ? withFirst : k === j ? withSecond : Number(inner(s, corner) > 0)))
      const c = samples.reduce<Vector>(
        ([p, q, r], s, k) => {
          const weight = (active[k] ?? 0) * (data.residual[k] ?? 0)
          return [p + weight * s[0], q + weight * s[1], r + weight * s[2]]
        },
        [0, 0, 0],
      )
      look(c)
      for (const edge of [samples[i], samples[j]]) {
        if (edge === undefined) continue
        const share = inner(c, edge) / inner(edge, edge)
        look([c[0] - share * edge[0], c[1] - share * edge[1], c[2] - share * edge[2]])
      }
    }
  }
  for (const [i, a] of samples.entries()) {
    for (const [j, b] of samples.entries()) {
      if (j === i) continue
      const corner = cross(a, b)
      look(corner)
      lookAround(i, j, corner)
    }
  }
  return most
}

describe('certificateInPlane', () => {
  test('carries its number', () => expect(reluCertificate.number).toBe('8.13'))

  // Origin: theory.md 8.13
  test('of the three samples is 1/√2 at (1, 1)/√2', () => {
    const { value, direction } = certificateInPlane({ x, residual: y })
    expect(value).toBeAllclose(0.70710678, { absolute: 5e-9 }) // eight printed digits
    expect(direction).toBeAllclose([Math.SQRT1_2, Math.SQRT1_2])
  })

  test('is reached by its direction, and no direction of a fine circle has more', () => {
    fc.assert(
      fc.property(problems(5, 2), (data) => {
        const { value, direction } = certificateInPlane(data)
        expect(norm(direction)).toBeAllclose(1)
        let most = 0
        for (let k = 0; k < 720; k += 1)
          most = Math.max(most, reluCorrelation(data, Float64Array.of(Math.cos((k * Math.PI) / 360), Math.sin((k * Math.PI) / 360))))
        expect(value).toBeGreaterThanOrEqual(most - 1e-13) // sums of 5 terms below 13
        // between two angles of the circle the correlation changes by E|r|‖x‖ times half of the step at most
        const slope =
          data.residual.reduce((sum, r, i) => sum + Math.abs(r) * Math.hypot(data.x.values[2 * i] ?? 0, data.x.values[2 * i + 1] ?? 0), 0) /
          5
        expect(value).toBeLessThanOrEqual(most + (slope * Math.PI) / 720 + 1e-13)
      }),
    )
  })

  test('does not depend on the sign of the residual, on order or on a turn, and scales with both', () => {
    fc.assert(
      fc.property(problems(4, 2), fc.double({ min: 0, max: 6, noNaN: true }), (data, angle) => {
        const { value } = certificateInPlane(data)
        const within = { absolute: 1e-13 } // sums of 4 terms below 13
        expect(certificateInPlane({ ...data, residual: data.residual.map((r) => -r) }).value).toBeAllclose(value, within)
        expect(certificateInPlane({ ...data, residual: data.residual.map((r) => 2 * r) }).value).toBeAllclose(2 * value, {
          absolute: 2e-13,
        })
        const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
        const turned = data.x.values.map((v, place) => {
          const [a = 0, b = 0] = data.x.values.subarray(place - (place % 2), place - (place % 2) + 2)
          return place % 2 === 0 ? cosine * a - sine * b : sine * a + cosine * b
        })
        expect(certificateInPlane({ ...data, x: { ...data.x, values: turned } }).value).toBeAllclose(value, within)
      }),
    )
  })

  test('of one sample is |r|‖x‖, of nothing and of zeros 0', () => {
    expect(
      certificateInPlane({ x: { rows: 1, columns: 2, values: Float64Array.of(3, -4) }, residual: Float64Array.of(-2) }).value,
    ).toBeAllclose(10)
    const empty = { x: { rows: 0, columns: 2, values: new Float64Array() }, residual: new Float64Array() }
    expect(certificateInPlane(empty)).toEqual({ value: 0, direction: Float64Array.of(1, 0) })
    expect(certificateInPlane({ x, residual: new Float64Array(3) }).value).toBe(0)
    expect(certificateInPlane({ x: { ...x, values: new Float64Array(6) }, residual: y }).value).toBe(0)
  })

  test('of samples on the axes, where every end coincides with another, is exact', () => {
    const axes = { rows: 4, columns: 2, values: Float64Array.of(1, 0, -1, 0, 0, 1, 0, -1) }
    // Σ r_i relu: (r₁ or r₂)|cos| + (r₃ or r₄)|sin|: best quarter ‖(3, 4)‖/4
    expect(certificateInPlane({ x: axes, residual: Float64Array.of(1, 3, -1, 4) }).value).toBeAllclose(5 / 4)
  })

  test('refuses sizes that disagree, NaN, and what float64 cannot hold', () => {
    expect(() => certificateInPlane({ x, residual: Float64Array.of(1) })).toThrow('certificateInPlane: residual: expected 3 entries, got 1')
    expect(() => certificateInPlane({ x, residual: Float64Array.of(1, Number.NaN, 1) })).toThrow('certificateInPlane: residual')
    expect(() => certificateInPlane({ x: { rows: 2, columns: 3, values: new Float64Array(6) }, residual: new Float64Array(2) })).toThrow(
      'certificateInPlane: x',
    )
    expect(() =>
      certificateInPlane({ x: { rows: 1, columns: 2, values: Float64Array.of(1e200, 0) }, residual: Float64Array.of(1e200) }),
    ).toThrow('that float64 can hold')
  })
})

describe('certificate', () => {
  test('in two dimensions agrees with the plane when one more feature is always zero', () => {
    fc.assert(
      fc.property(problems(5, 2), (data) => {
        const wide = Float64Array.from({ length: 15 }, (_, place) =>
          place % 3 === 2 ? 0 : (data.x.values[2 * Math.floor(place / 3) + (place % 3)] ?? 0),
        )
        const found = certificate({ x: { rows: 5, columns: 3, values: wide }, residual: data.residual }, { key })
        expect(found.value).toBeAllclose(certificateInPlane(data).value, { absolute: 1e-6 }) // the ascent's accuracy
      }),
      { numRuns: 20 },
    )
    expect(certificate({ x, residual: y }, { key })).toEqual(certificateInPlane({ x, residual: y }))
  })

  test.each(Array.from({ length: 40 }, (_, number) => number))(
    'of random problem %d in three dimensions is the best of all faces, edges and corners',
    (number) => {
      const data = { x: { rows: 8, columns: 3, values: drawNormal(key, 24, 2 * number) }, residual: drawNormal(key, 8, 2 * number + 1) }
      const { value, direction } = certificate(data, { key })
      expect(norm(direction)).toBeAllclose(1)
      expect(value).toBeAllclose(reluCorrelation(data, direction))
      expect(value).toBeAllclose(byEnumeration(data), { relative: 1e-9 }) // the stated accuracy
    },
  )

  test('of one feature is the larger side, of no feature 0', () => {
    const line = { x: { rows: 3, columns: 1, values: Float64Array.of(1, 2, -3) }, residual: Float64Array.of(1, 1, -2) }
    expect(certificate(line, { key }).value).toBeAllclose(2) // left: 2·3/3, right: (1 + 2)/3
    expect(certificate({ x: { rows: 2, columns: 0, values: new Float64Array() }, residual: Float64Array.of(1, 2) }, { key }).value).toBe(0)
    expect(certificate({ x: { rows: 1, columns: 3, values: new Float64Array(3) }, residual: Float64Array.of(1) }, { key }).value).toBe(0)
    expect(() => certificate({ ...line, residual: Float64Array.of(1, 1, Number.NaN) }, { key })).toThrow('certificate: residual')
  })
})

describe('threeSampleMinimum', () => {
  // Origin: theory.md 8.13
  test.each([
    [0.5, 1.0606602, 0.75],
    [0.9, 0.212132, 0.15],
    [1.1, 0, 0],
  ])('at %d γ₀ has a = %d and f = %d', (share, a, f) => {
    const at = threeSampleMinimum(share * Math.SQRT1_2)
    expect(at.a).toBeAllclose(a, { absolute: 5e-8 }) // seven printed digits
    expect(at.f).toBeAllclose([f, f, 0], { absolute: 1e-15 })
    expect(at.threshold).toBeAllclose(0.70710678, { absolute: 5e-9 })
  })

  test('satisfies its certificate with equality, at the edge 1/3 too, and below it no longer', () => {
    for (let weightDecay = 1 / 3; weightDecay < 0.7; weightDecay += 0.02) {
      const { f } = threeSampleMinimum(weightDecay)
      const { value } = certificateInPlane({ x, residual: f.map((out, i) => out - (y[i] ?? 0)) })
      expect(value).toBeAllclose(weightDecay)
    }
    const below = 3 * (Math.SQRT1_2 - 0.3) * Math.SQRT1_2
    expect(certificateInPlane({ x, residual: Float64Array.of(below - 1, below - 2, 1) }).value).toBeGreaterThan(0.3)
    expect(() => threeSampleMinimum(0.3)).toThrow('threeSampleMinimum: weightDecay: expected a number ≥ 1/3, got 0.3')
    expect(() => threeSampleMinimum(Number.NaN)).toThrow('threeSampleMinimum: weightDecay')
  })
})
