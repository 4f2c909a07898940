import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { normalCritical, tCritical, twoSidedP } from './distributions.ts'

const relative = (got: number, expected: number): number => Math.abs(got / expected - 1)

describe('twoSidedP and tCritical', () => {
  test('agree with the closed form of one degree of freedom, the Cauchy distribution', () => {
    for (const t of [0.01, 1, 12, 1e4]) expect(relative(twoSidedP(t, 1), (2 / Math.PI) * Math.atan(1 / t))).toBeLessThan(1e-12)
    for (const level of [0.5, 0.95, 0.999]) expect(relative(tCritical(level, 1), Math.tan((Math.PI * level) / 2))).toBeLessThan(1e-12)
  })

  test('agree with the closed form of two degrees of freedom', () => {
    for (const t of [0.5, 3, 40]) expect(relative(twoSidedP(t, 2), 1 - t / Math.sqrt(2 + t * t))).toBeLessThan(1e-10) // the closed form cancels 3 digits at t = 40
    for (const level of [0.5, 0.95, 0.999])
      expect(relative(tCritical(level, 2), level * Math.sqrt(2 / (1 - level * level)))).toBeLessThan(1e-12)
  })

  // Origin: SciPy 1.17.1, 2 * stats.t.sf(t, v)
  test.each([
    [2, 3, 0.13932596855884305],
    [12, 4.5, 0.00013783197653273045],
    [0.3, 100, 0.7647998803003035],
    [40, 9, 1.8982998449339822e-11],
  ])('give the reference p for t = %d and %d degrees of freedom', (t, degreesOfFreedom, p) => {
    expect(relative(twoSidedP(t, degreesOfFreedom), p)).toBeLessThan(1e-10) // the accuracy that the function states
    expect(twoSidedP(-t, degreesOfFreedom)).toBe(twoSidedP(t, degreesOfFreedom))
  })

  test('undo each other', () => {
    for (const degreesOfFreedom of [1, 2.7, 9, 1000]) {
      for (const level of [0.5, 0.8, 0.95, 0.999]) {
        expect(relative(twoSidedP(tCritical(level, degreesOfFreedom), degreesOfFreedom), 1 - level)).toBeLessThan(1e-9) // both errors, and 1 − level cancels
      }
    }
  })

  test('keep NaN, and give 1 at 0 and 0 at infinity', () => {
    expect(twoSidedP(Number.NaN, 3)).toBeNaN()
    expect(twoSidedP(0, 3)).toBe(1)
    expect(twoSidedP(Number.POSITIVE_INFINITY, 3)).toBe(0)
  })
})

describe('normalCritical', () => {
  // Origin: SciPy 1.17.1, stats.norm.ppf((1 + level) / 2)
  test('gives the textbook values', () => {
    expect(relative(normalCritical(0.95), 1.959963984540054)).toBeLessThan(1e-9)
    expect(relative(normalCritical(0.99), 2.5758293035489004)).toBeLessThan(1e-9)
  })

  test('is the limit of Student’s t', () => {
    expect(relative(tCritical(0.95, 1e9), normalCritical(0.95))).toBeLessThan(3e-9) // t − z = z (z² + 1) / 4ν + …, 1.2e-9 of z here
  })

  test.each([0, 1, -0.1, Number.NaN])('refuses the level %d', (level) => {
    expect(() => normalCritical(level)).toThrow(Refusal)
    expect(() => tCritical(level, 3)).toThrow('tCritical: level: expected a number between 0 and 1, both excluded')
  })
})
