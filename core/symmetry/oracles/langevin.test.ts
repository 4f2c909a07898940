import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { langevin, langevinSecondMoment, langevinThreshold, simulateLangevin } from './langevin.ts'

expect.extend({ toBeAllclose })

const key = [8, 20] as const

describe('langevinSecondMoment and langevinThreshold', () => {
  test('carry their number', () => expect(langevin.number).toBe('8.20'))

  // Origin: theory.md 8.20
  test.each([
    [1, 1],
    [1.5, 0.375],
    [1.9, 0],
    [2.5, 0],
  ])('at μ = 1.5, ζ = %d is %d', (noise, expected) => expect(langevinSecondMoment({ growth: 1.5, noise })).toBeAllclose(expected))
  test('has its threshold at 1.7320508 for μ = 1.5, reached continuously', () => {
    expect(langevinThreshold(1.5)).toBeAllclose(1.7320508, { absolute: 5e-8 }) // seven printed digits
    expect(langevinSecondMoment({ growth: 1.5, noise: langevinThreshold(1.5) * (1 - 1e-9) })).toBeAllclose(3e-9, { relative: 1e-6 }) // cancellation
    expect(langevinThreshold(-1)).toBe(0)
    expect(langevinSecondMoment({ growth: -1, noise: 0 })).toBe(0)
    expect(langevinSecondMoment({ growth: 2, noise: 1e200 })).toBe(0)
  })
  test('is the second moment of the stationary density', () => {
    for (const noise of [0.8, 1.2, 1.6]) {
      const power = (2 * 1.5) / noise ** 2 - 2
      const moment = (extra: number) => {
        let sum = 0
        // θ = e^t: smooth and decaying on both sides
        for (let t = -120; t < 4; t += 1e-3) sum += Math.exp((power + 1 + extra) * t - Math.exp(2 * t) / noise ** 2)
        return sum
      }
      expect(moment(2) / moment(0)).toBeAllclose(langevinSecondMoment({ growth: 1.5, noise }), { relative: 1e-8 }) // what is left out at ζ = 1.6: e^{−120·.17} = 1e-9
    }
  })
  test('refuse NaN and negative noise', () => {
    expect(() => langevinSecondMoment({ growth: Number.NaN, noise: 1 })).toThrow('langevinSecondMoment: growth')
    expect(() => langevinSecondMoment({ growth: 1, noise: -1 })).toThrow('langevinSecondMoment: noise')
    expect(() => langevinThreshold(Number.POSITIVE_INFINITY)).toThrow('langevinThreshold: growth')
  })
})

describe('simulateLangevin', () => {
  test('stays at the predicted mean square below the threshold', () => {
    const at = simulateLangevin({ growth: 1.5, noise: 1 }, { key, timeStep: 0.01, steps: 4_000, paths: 100 })
    // slices of 100 paths have a standard error of .07, and 20 units of time hold some 20 independent ones: .02, with a bias of order dt
    expect(at.meanSecondMoment).toBeAllclose(1, { absolute: 0.08 }) // the handbook's tolerance
    expect(at.collapsed).toBe(0)
  })
  test('collapses beyond it', () => {
    const at = simulateLangevin({ growth: 1.5, noise: 2.5 }, { key, timeStep: 0.01, steps: 8_000, paths: 50 })
    // log θ² has drift −3.25 and deviation 5 a root of time: after 80 units −260 ± 45, against log 1e-30 = −69: 4 deviations
    expect(at.collapsed).toBeGreaterThan(0.95)
    expect(at.meanSecondMoment).toBeLessThan(0.08)
  })
  test('without noise ends at √μ, without growth at 0', () => {
    const simulation = { key, timeStep: 0.01, steps: 2_000, paths: 3 }
    expect(simulateLangevin({ growth: 1.5, noise: 0 }, simulation).secondMoment).toBeAllclose(1.5)
    expect(simulateLangevin({ growth: -4, noise: 0 }, simulation).collapsed).toBe(1)
  })
  test('is a function of its key, and of no steps is its start', () => {
    const simulation = { key, timeStep: 0.01, steps: 5, paths: 4 }
    const well = { growth: 1, noise: 1 }
    expect(simulateLangevin(well, simulation)).toEqual(simulateLangevin(well, simulation))
    expect(simulateLangevin(well, { ...simulation, key: [1, 1] })).not.toEqual(simulateLangevin(well, simulation))
    const start = simulateLangevin(well, { ...simulation, steps: 0 })
    expect(start.meanSecondMoment).toBe(start.secondMoment)
  })
  test('refuses time that stands still, no paths, NaN', () => {
    const simulation = { key, timeStep: 0.01, steps: 5, paths: 4 }
    expect(() => simulateLangevin({ growth: 1, noise: 1 }, { ...simulation, timeStep: 0 })).toThrow('simulateLangevin: timeStep')
    expect(() => simulateLangevin({ growth: 1, noise: 1 }, { ...simulation, paths: 0 })).toThrow('simulateLangevin: paths')
    expect(() => simulateLangevin({ growth: Number.NaN, noise: 1 }, simulation)).toThrow('simulateLangevin: growth')
  })
})
