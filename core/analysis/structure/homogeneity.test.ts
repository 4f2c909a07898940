import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { canonicalSigns, homogeneity, normaliseScales } from './homogeneity.ts'

expect.extend({ toBeAllclose })

function matrix(...rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) }
}

const layer = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.integer({ min: -6, max: 6 }), { minLength: rows * columns, maxLength: rows * columns })
      .map((values): Matrix => ({ rows, columns, values: Float64Array.from(values) })),
  )

describe('homogeneity', () => {
  test('groups copies in the order of the neurons and names who vanished', () => {
    const rows = matrix([1, 0], [0, 1], [1, 0.1], [0, 0.05], [0.02, 1])
    // d(0,2) = 2 · .01/2.01 = .00995; d(1,4) = 2 · .0004/2.0004; ‖row 3‖ = .05 < .1 · 1.005
    expect(homogeneity(rows)).toEqual({
      width: 5,
      survivors: 4,
      groups: 2,
      groupsPerWidth: 0.4,
      members: [
        [0, 2],
        [1, 4],
      ],
      vanishing: [3],
    })
  })

  test('is not transitive: which neuron comes first decides', () => {
    // On a line: d(1, 1.3) = 2 · .09/2.69 = .0669, d(1.3, 1.7) = 2 · .16/4.58 = .0699, d(1, 1.7) = 2 · .49/3.89 = .2519
    expect(homogeneity(matrix([1], [1.3], [1.7])).members).toEqual([[0, 1], [2]])
    expect(homogeneity(matrix([1.3], [1], [1.7])).members).toEqual([[0, 1, 2]])
  })

  test('has both thresholds strict, as written', () => {
    expect(homogeneity(matrix([100], [10])).vanishing).toEqual([]) // 10 is not < .1 · 100
    expect(homogeneity(matrix([100], [9.999])).vanishing).toEqual([1])
    // d = .1 exactly for orthogonal differences: 2‖a−b‖² = .1(‖a‖² + ‖b‖²), a = (x, 1), b = (x, −1): 8 = .1 · 2(x² + 1), x² = 39
    expect(homogeneity(matrix([Math.sqrt(39) * (1 - 1e-9), 1], [Math.sqrt(39) * (1 - 1e-9), -1])).groups).toBe(2)
    expect(homogeneity(matrix([Math.sqrt(39) * (1 + 1e-9), 1], [Math.sqrt(39) * (1 + 1e-9), -1])).groups).toBe(1)
  })

  test('counts opposite and orthogonal neurons as different', () => {
    expect(homogeneity(matrix([1, 2], [-1, -2], [2, -1])).groups).toBe(3)
  })

  test('agrees with the rule written down in other words', () => {
    fc.assert(
      fc.property(layer, (rows) => {
        const list = Array.from({ length: rows.rows }, (_, i) => [...rows.values.slice(i * rows.columns, (i + 1) * rows.columns)])
        const squares = (x: readonly number[]) => x.reduce((sum, value) => sum + value * value, 0)
        const largest = Math.max(...list.map(squares))
        // Whole numbers: ‖a‖ < .1 ‖·‖ and d < .1 as comparisons of whole numbers
        let waiting = [...list.keys()].filter((i) => largest > 0 && 100 * squares(list[i] ?? []) >= largest)
        const survivors = waiting.length
        const groups: number[][] = []
        while (waiting.length > 0) {
          const a = list[waiting[0] ?? 0] ?? []
          const isNear = (i: number) => {
            const b = list[i] ?? []
            return i === waiting[0] || 20 * squares(a.map((value, k) => value - (b[k] ?? Number.NaN))) < squares(a) + squares(b)
          }
          groups.push(waiting.filter(isNear))
          waiting = waiting.filter((i) => !isNear(i))
        }
        const found = homogeneity(rows)
        expect([found.survivors, found.members]).toEqual([survivors, groups])
      }),
    )
  })

  test('keeps its counts when all rows are scaled, and the width alone grows with a vanished neuron', () => {
    fc.assert(
      fc.property(layer, fc.constantFrom(2 ** 900, 2 ** -900, 1), (rows, scale) => {
        const found = homogeneity(rows)
        expect(homogeneity({ ...rows, values: rows.values.map((value) => value * scale) })).toEqual(found)
        const wider = homogeneity({
          ...rows,
          rows: rows.rows + 1,
          values: Float64Array.of(...rows.values, ...new Float64Array(rows.columns)),
        })
        expect([wider.groups, wider.survivors, wider.width]).toEqual([found.groups, found.survivors, found.width + 1])
      }),
    )
  })

  test('of rows of zeros has no survivor and no group', () => {
    expect(homogeneity(matrix([0, 0], [0, 0]))).toEqual({
      width: 2,
      survivors: 0,
      groups: 0,
      groupsPerWidth: 0,
      members: [],
      vanishing: [0, 1],
    })
  })

  test('of one neuron is one group, of none has no share', () => {
    expect(homogeneity(matrix([3, 4]))).toMatchObject({ survivors: 1, groups: 1, groupsPerWidth: 1, members: [[0]] })
    expect(homogeneity({ rows: 0, columns: 3, values: new Float64Array() })).toEqual({
      width: 0,
      survivors: 0,
      groups: 0,
      groupsPerWidth: Number.NaN,
      members: [],
      vanishing: [],
    })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('counts NaN where a weight is %f', (bad) => {
    const nothing = { survivors: Number.NaN, groups: Number.NaN, groupsPerWidth: Number.NaN, members: [], vanishing: [] }
    expect(homogeneity(matrix([1, 2], [bad, 2]))).toEqual({ width: 2, ...nothing })
  })

  test('refuses sizes that do not fit', () => {
    expect(() => homogeneity({ rows: 2, columns: 2, values: new Float64Array(3) })).toThrow(Refusal)
  })
})

describe('canonicalSigns', () => {
  test('makes the largest outgoing weight positive, the first of equals', () => {
    const rows = matrix([1, -2, 1, -3], [1, -2, -3, 1], [-1, 2, 3, -3], [-1, 2, -3, 3])
    expect(canonicalSigns(rows, [2, 3])).toEqual(matrix([-1, 2, -1, 3], [-1, 2, 3, -1], [-1, 2, 3, -3], [1, -2, 3, -3]))
  })

  test('takes the sign of 0, and of no outgoing weight, as +', () => {
    expect(canonicalSigns(matrix([-1, 0], [2, -0]), [1])).toEqual(matrix([-1, 0], [2, -0]))
    expect(canonicalSigns(matrix([-1, -1]), [])).toEqual(matrix([-1, -1]))
  })

  test('gives a row and its negative one form, and changes nothing twice', () => {
    fc.assert(
      fc.property(layer, (rows) => {
        const outgoing = [rows.columns - 1]
        const turned = { ...rows, values: rows.values.map((value, i) => (Math.floor(i / rows.columns) % 2 === 0 ? -value : value)) }
        const form = canonicalSigns(rows, outgoing)
        const formOfTurned = canonicalSigns(turned, outgoing)
        for (let row = 0; row < rows.rows; row++) {
          if (rows.values[(row + 1) * rows.columns - 1] === 0) continue // no sign to go by
          for (let k = row * rows.columns; k < (row + 1) * rows.columns; k++)
            expect((formOfTurned.values[k] ?? 1) + 0).toBe((form.values[k] ?? 2) + 0)
        }
        expect(canonicalSigns(form, outgoing)).toEqual(form)
      }),
    )
  })

  test('leaves its argument and rows of NaN alone, and refuses columns that are not there', () => {
    const rows = matrix([1, -1])
    canonicalSigns(rows, [1])
    expect(rows).toEqual(matrix([1, -1]))
    expect(canonicalSigns(matrix([1, Number.NaN]), [1])).toEqual(matrix([1, Number.NaN]))
    expect(() => canonicalSigns(rows, [2])).toThrow(
      new Refusal('invalid-input', 'canonicalSigns: outgoing: expected columns from 0 to 1, got 2'),
    )
    expect(() => canonicalSigns(rows, [0.5])).toThrow(Refusal)
  })
})

describe('normaliseScales', () => {
  test('makes |u| = ‖w‖ and leaves what the neuron computes', () => {
    fc.assert(
      fc.property(layer, (rows) => {
        if (rows.columns < 2) return
        const outgoing = [rows.columns - 1]
        const form = normaliseScales(rows, outgoing)
        for (let row = 0; row < rows.rows; row++) {
          const before = rows.values.slice(row * rows.columns, (row + 1) * rows.columns)
          const after = form.values.slice(row * rows.columns, (row + 1) * rows.columns)
          const [u, v] = [before.at(-1) ?? Number.NaN, after.at(-1) ?? Number.NaN]
          expect(Math.abs(v)).toBeAllclose(Math.hypot(...after.slice(0, -1)))
          // u · w decides the function of a positively homogeneous activation
          if (before.slice(0, -1).some((value) => value !== 0)) {
            expect([...after.slice(0, -1)].map((w) => w * v + 0)).toBeAllclose([...before.slice(0, -1)].map((w) => w * u + 0))
          }
        }
      }),
    )
  })

  test('shows copies that a scale hides', () => {
    const rows = matrix([3, 4, 1], [0.3, 0.4, 10], [6, 8, -0.5])
    expect(homogeneity(rows).groups).toBe(3)
    const form = normaliseScales(rows, [2])
    const root = Math.sqrt(5) // √(‖w‖|u|) with ‖w‖ = 5, |u| = 1
    expect(form.values).toBeAllclose([3 / root, 4 / root, root, 3 / root, 4 / root, root, 3 / root, 4 / root, -root])
    expect(homogeneity(form).members).toEqual([[0, 1], [2]])
  })

  test('takes the length over several outgoing weights, wherever they stand', () => {
    const form = normaliseScales(matrix([3, 10, 4]), [0, 2]) // ‖u‖ = 5, w = 10
    expect(form.values).toBeAllclose([3 * Math.SQRT2, 10 / Math.SQRT2, 4 * Math.SQRT2])
  })

  test('makes a row zero whose incoming or outgoing weights are zero: it says nothing', () => {
    expect(normaliseScales(matrix([0, 0, 5], [1, 2, 0], [0, 0, 0]), [2])).toEqual(matrix([0, 0, 0], [0, 0, 0], [0, 0, 0]))
  })

  test('holds for weights near the ends of float64, and gives NaN for a row with NaN or ±∞ alone', () => {
    const form = normaliseScales(matrix([2 ** 1000, 2 ** -1000]), [1])
    expect(form.values).toBeAllclose([1, 1])
    expect(normaliseScales(matrix([1, Number.NaN], [Number.POSITIVE_INFINITY, 1], [4, 1]), [1])).toEqual(
      matrix([Number.NaN, Number.NaN], [Number.NaN, Number.NaN], [2, 2]),
    )
  })
})
