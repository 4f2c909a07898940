import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { spectrumOf } from './spectrum.ts'

expect.extend({ toBeAllclose })

function matrix(...rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) }
}

describe('spectrumOf', () => {
  // Origin: theory.md section 9
  test.each<[Matrix, number[], number, number, number]>([
    [matrix([3, 0, 0], [0, 2, 0], [0, 0, 1]), [3, 2, 1], 2.749459274, 1.5555555556, 3],
    [matrix([1, 2], [3, 4]), [5.4649857042, 0.3659661906], 1.264279547, 1.0044843951, 2],
    [matrix([1, 2], [2, 4], [3, 6]), [8.3666002653, 0], 1, 1, 1],
    [matrix([2, 0, 1], [0, 1, 0], [1, 0, 2], [0, 0, 1]), [3.0872526418, 1.211969936, 1], 2.6296570366, 1.2590323936, 3],
  ])('of %j is that of the table', (m, σ, effective, stable, numeric) => {
    const found = spectrumOf(m)
    const printed = { absolute: 5e-11 } // ten printed digits
    expect(found.singularValues).toBeAllclose(σ, printed)
    expect([found.effectiveRank, found.stableRank]).toBeAllclose([effective, stable], printed)
    expect([found.numericRank, found.machineRank]).toEqual([numeric, numeric])
  })

  test('has the energy rank at 99 % of the squares', () => {
    expect(spectrumOf(matrix([10, 0], [0, 1])).energyRank).toBe(1) // 100 / 101 = .9901
    expect(spectrumOf(matrix([9.9, 0], [0, 1])).energyRank).toBe(2) // 98.01 / 99.01 = .98990
  })

  test('tells the machine rank by the dtype that the numbers were born in', () => {
    const small = matrix([1, 0], [0, 1e-8])
    expect(spectrumOf(small).machineRank).toBe(2)
    expect(spectrumOf(small, 2 ** -23).machineRank).toBe(1) // 2 · 1.2e-7
    expect(spectrumOf(small).numericRank).toBe(1)
  })

  test('is the same for the transpose', () => {
    const [wide, tall] = [spectrumOf(matrix([1, 2, 3], [4, 5, 7])), spectrumOf(matrix([1, 4], [2, 5], [3, 7]))]
    expect(wide.singularValues).toBeAllclose(tall.singularValues)
    expect(wide.effectiveRank).toBeAllclose(tall.effectiveRank)
  })

  test('of zeros and of nothing has rank 0', () => {
    const ranks = { numericRank: 0, machineRank: 0, effectiveRank: 0, stableRank: 0, energyRank: 0 }
    expect(spectrumOf(matrix([0, 0], [0, 0], [0, 0]))).toEqual({ singularValues: new Float64Array(2), ...ranks })
    expect(spectrumOf({ rows: 0, columns: 4, values: new Float64Array() })).toEqual({ singularValues: new Float64Array(), ...ranks })
  })

  test('of one number has rank 1', () => {
    expect(spectrumOf(matrix([-4]))).toEqual({
      singularValues: Float64Array.of(4),
      numericRank: 1,
      machineRank: 1,
      effectiveRank: 1,
      stableRank: 1,
      energyRank: 1,
    })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('is NaN throughout where an entry is %f', (bad) => {
    const { singularValues, ...ranks } = spectrumOf(matrix([1, bad], [2, 3]))
    expect([...singularValues, ...Object.values(ranks)]).toEqual(Array.from({ length: 7 }, () => Number.NaN))
  })

  test('of entries near the ends of float64 has the ranks of ordinary ones', () => {
    for (const scale of [2 ** 1000, 2 ** -1000]) {
      const found = spectrumOf(matrix([3 * scale, 0], [0, 2 * scale]))
      expect(found.singularValues.map((value) => value / scale)).toBeAllclose([3, 2])
      expect([found.stableRank, found.numericRank, found.energyRank]).toBeAllclose([13 / 9, 2, 2])
    }
  })

  test('refuses sizes that do not fit', () => {
    expect(() => spectrumOf({ rows: 2, columns: 2, values: new Float64Array(3) })).toThrow(Refusal)
  })
})
