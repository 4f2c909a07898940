import { expect, test } from 'vitest'
import { langevinSecondMoment, simulateLangevin } from './langevin.ts'

// Origin: theory.md 8.20: dt .0025, 160,000 steps, 400 paths; fraction with θ² < 1e-30: 0/0/1/1. Tolerance .08: one slice of 400 paths has a
// standard error of .04
test.each([
  [1, 0],
  [1.5, 0],
  [1.9, 1],
  [2.5, 1],
])('quartic Langevin at μ = 1.5, ζ = %d › has the predicted mean square and a collapsed fraction of %d', (noise, fraction) => {
  const at = simulateLangevin({ growth: 1.5, noise }, { key: [8, 20], timeStep: 0.0025, steps: 160_000, paths: 400 })
  expect(Math.abs(at.secondMoment - langevinSecondMoment({ growth: 1.5, noise }))).toBeLessThan(0.08)
  // ζ = 1.9: log θ² drifts by −.61 a unit with a deviation of 3.8 a root of it: after 400 units −244 ± 76 against −69, so 1 % may be late
  expect(Math.abs(at.collapsed - fraction)).toBeLessThan(0.05)
})
