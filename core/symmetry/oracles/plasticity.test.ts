import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { delaySlope, escapeSteps, iterateDelay, plasticity } from './plasticity.ts'

expect.extend({ toBeAllclose })

const task = { second: 1, weightDecay: 0.1, learningRate: 0.02 }
const preset = { ...task, first: 0, u: 1, w: 1 }

test('carries its number', () => expect(plasticity.number).toBe('8.14'))

describe('iterateDelay', () => {
  // Origin: theory.md E7
  test.each([
    [200, 0.296837, 52],
    [400, 0.122736, 77],
    [800, 0.024263, 123],
  ])('after T = %d steps has p_T = %d and N = %d', (steps, sum, delay) => {
    const at = iterateDelay({ ...preset, steps })
    expect(at.sumAtSwitch).toBeAllclose(sum, { absolute: 5e-7 }) // six printed digits
    expect(at.delay).toBe(delay)
  })
  // Origin: theory.md E7, controls: plain at T = 1600, and γ = 0
  test.each([
    [0.1, 1600, 214],
    [0, 200, 36],
    [0, 400, 44],
    [0, 800, 53],
    [0, 1600, 62],
  ])('at γ = %d after %d steps needs %d', (weightDecay, steps, delay) =>
    expect(iterateDelay({ ...preset, weightDecay, steps }).delay).toBe(delay),
  )

  test('is 0 from a product that is there already, and null from where nothing escapes', () => {
    expect(iterateDelay({ ...preset, steps: 0 })).toEqual({ sumAtSwitch: 2, delay: 0 })
    expect(iterateDelay({ ...preset, u: 0, w: 0, steps: 10, limit: 100 })).toEqual({ sumAtSwitch: 0, delay: null })
    expect(iterateDelay({ ...preset, u: 1, w: -1, steps: 10, limit: 1_000 }).delay).toBeNull()
    expect(iterateDelay({ ...preset, steps: 400, limit: 76 }).delay).toBeNull()
  })
  test('of a diverging rate is null', () => expect(iterateDelay({ ...preset, learningRate: 50, steps: 50, limit: 10 }).delay).toBeNull())
  test('refuses a second target that decay forbids, and what is no count', () => {
    expect(() => iterateDelay({ ...preset, second: 0.1, steps: 1 })).toThrow(
      'iterateDelay: second: expected a target > weightDecay 0.1, got 0.1',
    )
    expect(() => iterateDelay({ ...preset, steps: 0.5 })).toThrow('iterateDelay: steps')
    expect(() => iterateDelay({ ...preset, steps: 1, u: Number.NaN })).toThrow('iterateDelay: u')
  })
})

describe('escapeSteps', () => {
  // Origin: theory.md E7: formula 51.2/76.0/121.1, within 3 of 52/77/123
  test.each([
    [0.296837, 51.2, 52],
    [0.122736, 76, 77],
    [0.024263, 121.1, 123],
  ])('from p = %d is %d, near %d', (sum, expected, exact) => {
    expect(escapeSteps(sum, task)).toBeAllclose(expected, { absolute: 0.05 }) // one printed digit after the point
    expect(Math.abs(escapeSteps(sum, task) - exact)).toBeLessThan(3)
  })
  test('tends to the exact count for small rates', () => {
    const slow = { ...preset, learningRate: 0.0005, steps: 40_000 }
    const { sumAtSwitch, delay } = iterateDelay(slow)
    expect(escapeSteps(sumAtSwitch, slow)).toBeAllclose(Number(delay), { relative: 2e-3 }) // η(y₂ − γ) = 4.5e-4, and whole steps of 5,000
  })
  test('falls with the start, to 0 half-way, and knows the smallest starts', () => {
    expect(escapeSteps(0.1, task)).toBeGreaterThan(escapeSteps(0.2, task))
    expect(escapeSteps(2 * Math.sqrt(0.45), task)).toBeAllclose(0, { absolute: 1e-12 })
    expect(escapeSteps(-0.1, task)).toBe(escapeSteps(0.1, task))
    expect(escapeSteps(3, task)).toBeNaN()
    expect(escapeSteps(1e-150, task)).toBeAllclose(Math.log(0.9 * 4e300) / 0.072)
    expect(() => escapeSteps(0, task)).toThrow('from where nothing escapes')
  })
})

describe('delaySlope', () => {
  // Origin: theory.md E7: (N₈₀₀ − N₄₀₀)/400 = .115, limit .1111
  test('is the limit that the exact counts approach', () => {
    const slope = delaySlope({ first: 0, second: 1, weightDecay: 0.1 })
    expect(slope).toBeAllclose(0.1111, { absolute: 5e-5 }) // four printed digits
    const count = (steps: number) => Number(iterateDelay({ ...preset, steps }).delay)
    expect((count(800) - count(400)) / 400).toBe(0.115)
    // of order η: ln((1 − 2ηγ)^{−1})/ln(1 + 2η(y₂ − γ)) = .1134 for η = .02
    expect((count(4000) - count(2000)) / 2000).toBeAllclose(Math.log(1 / (1 - 0.004)) / Math.log(1.036), { absolute: 1e-3 }) // whole counts over 2,000
  })
  test('grows as the first target leaves γ and refuses one above it', () => {
    expect(delaySlope({ first: -1, second: 1, weightDecay: 0.1 })).toBeAllclose(1.1 / 0.9)
    expect(() => delaySlope({ first: 0.1, second: 1, weightDecay: 0.1 })).toThrow(
      'delaySlope: first: expected a target < weightDecay 0.1, got 0.1',
    )
  })
})
