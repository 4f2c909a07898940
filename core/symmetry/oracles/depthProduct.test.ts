import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import {
  depthBranch,
  depthJump,
  depthMinimum,
  depthProduct,
  depthTransition,
  hysteresis,
  hysteresisSweep,
  kickDecay,
} from './depthProduct.ts'

expect.extend({ toBeAllclose })

const depths = fc.integer({ min: 2, max: 7 })
const target = fc.double({ min: 0.1, max: 5, noNaN: true })
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true })
const v = (target: { depth: number; y: number }, weightDecay: number) => depthBranch(target, weightDecay)?.v ?? Number.NaN

test('carry their numbers', () => expect([depthProduct.number, hysteresis.number]).toEqual(['8.3', '10.3']))

describe('depthTransition', () => {
  // Origin: theory.md 8.3
  test.each([
    [3, 0.3968503, 0.5, 0.4724704, 0.25],
    [4, 0.2721655, 0.6666667, 0.3849002, 0.3333333],
  ])('of depth %d at y = 1 is γ_c %d (v %d) and γ_up %d (v %d)', (depth, critical, criticalV, upper, upperV) => {
    const at = depthTransition({ depth, y: 1 })
    expect([at.critical, at.criticalV, at.upper, at.upperV]).toBeAllclose([critical, criticalV, upper, upperV], { absolute: 5e-8 }) // seven printed digits
  })
  test('of depth 2 is the soft threshold, without a jump', () =>
    expect(depthTransition({ depth: 2, y: -3 })).toEqual({ critical: 3, criticalV: 0, upper: 3, upperV: 0 }))
  test('at γ_c branch and zero cost the same, and γ_up is the largest decay of the branch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), target, (depth, y) => {
        const { critical, criticalV, upper, upperV } = depthTransition({ depth, y })
        expect(v({ depth, y }, critical)).toBeAllclose(criticalV, { relative: 1e-11 })
        expect((criticalV - y) ** 2 + depth * critical * criticalV ** (2 / depth)).toBeAllclose(y * y, { relative: 1e-11 })
        expect(v({ depth, y }, upper * (1 - 1e-12))).toBeAllclose(upperV, { relative: 1e-4 }) // v − v_up goes with √(γ_up − γ): 1e-6 times a slope
        expect(depthBranch({ depth, y }, upper * (1 + 1e-12))).toBeNull()
      }),
    )
  })
})

describe('depthBranch', () => {
  // Origin: theory.md 8.3
  test.each([
    [3, 0.1, 0.89628259],
    [3, 0.3, 0.65446461],
    [4, 0.1, 0.89425255],
    [4, 0.2, 0.77243896],
    [2, 0.3, 0.7],
  ])('of depth %d at γ = %d is %d', (depth, weightDecay, expected) =>
    expect(v({ depth, y: 1 }, weightDecay)).toBeAllclose(expected, { absolute: 5e-9 }),
  ) // eight printed digits

  // Origin: theory.md 10.3, measured after 20,000 steps, tolerance there 1e-4
  test.each([
    [0.425, 0.442117],
    [0.435, 0.418398],
    [0.445, 0.39192],
    [0.455, 0.360971],
    [0.465, 0.320567],
    [0.095, 0.901665],
    [0.1975, 0.785993],
  ])('of depth 3 at γ = %d is %d as swept', (weightDecay, expected) =>
    expect(v({ depth: 3, y: 1 }, weightDecay)).toBeAllclose(expected, { absolute: 1e-6 }),
  ) // six printed digits, and a training that has ended

  test('solves its equation at both roots, the barrier below the branch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), target, share, (depth, y, part) => {
        const weightDecay = part * depthTransition({ depth, y }).upper
        const branch = depthBranch({ depth, y }, weightDecay)
        for (const product of [branch?.v ?? Number.NaN, branch?.barrier ?? Number.NaN]) {
          const u = product ** (1 / depth)
          expect(u ** (depth - 2) * (y - product)).toBeAllclose(weightDecay, { relative: 1e-10 }) // y − v cancels two digits at γ = 1 % of γ_up
        }
        expect(branch?.barrier).toBeLessThan(branch?.v ?? Number.NaN)
      }),
    )
  })

  test('falls with γ, turns its sign with y, and is y at γ = 0', () => {
    fc.assert(
      fc.property(depths, target, share, share, (depth, y, a, b) => {
        const { upper } = depthTransition({ depth, y })
        expect(v({ depth, y }, Math.max(a, b) * upper)).toBeLessThanOrEqual(v({ depth, y }, Math.min(a, b) * upper))
        expect(v({ depth, y: -y }, a * upper)).toBe(-v({ depth, y }, a * upper))
        expect(v({ depth, y }, 0)).toBeAllclose(y)
      }),
    )
  })

  test('scales: y times s and γ times s^{2(D−1)/D} is v times s, up to the largest numbers', () => {
    expect(v({ depth: 3, y: 1e120 }, 0.3 * 1e160)).toBeAllclose(0.65446461e120, { relative: 1e-8 }) // eight printed digits
    expect(v({ depth: 3, y: 1e-120 }, 0.3 * 1e-160)).toBeAllclose(0.65446461e-120, { relative: 1e-8 })
    expect(v({ depth: 3, y: 1e300 }, 1)).toBeAllclose(1e300)
  })

  test('has none at y = 0, and refuses shallow depths, NaN and negative decay', () => {
    expect(depthBranch({ depth: 3, y: 0 }, 0)).toBeNull()
    expect(() => depthBranch({ depth: 1, y: 1 }, 0)).toThrow('depthBranch: depth: expected a whole number ≥ 2')
    expect(() => depthBranch({ depth: 3, y: Number.NaN }, 0)).toThrow('depthBranch: y')
    expect(() => depthBranch({ depth: 3, y: 1 }, -1)).toThrow('depthBranch: weightDecay')
  })
})

describe('depthMinimum', () => {
  test('no product costs less', () => {
    fc.assert(
      fc.property(
        depths,
        target,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: -6, max: 6, noNaN: true }),
        (depth, y, weightDecay, other) => {
          const cost = (product: number) => (product - y) ** 2 + depth * weightDecay * Math.abs(product) ** (2 / depth)
          expect(cost(depthMinimum({ depth, y }, weightDecay))).toBeLessThanOrEqual(cost(other) + 1e-10) // costs below 200, and both minima near γ_c
        },
      ),
    )
  })
  test('jumps at γ_c, and at depth 2 does not', () => {
    expect(depthMinimum({ depth: 3, y: 1 }, 0.39685)).toBeAllclose(0.5, { absolute: 1e-6 })
    expect(depthMinimum({ depth: 3, y: 1 }, 0.396851)).toBe(0)
    expect(depthMinimum({ depth: 2, y: 1 }, 1 - 1e-9)).toBeAllclose(1e-9, { relative: 1e-6 }) // 1 − 1e-9 holds seven digits of 1e-9
    expect(depthMinimum({ depth: 2, y: 0 }, 0)).toBe(0)
  })
})

describe('depthJump', () => {
  // Origin: theory.md 8.3
  test.each([
    [3, 0.17783, 0.35566],
    [4, 0.342, 0.51299],
    [2, 0, 0.1],
  ])('of depth %d at γ = .1 is v %d at y %d', (depth, product, y) => {
    const jump = depthJump(depth, 0.1)
    expect([jump.v, jump.y]).toBeAllclose([product, y], { absolute: 5e-6 }) // five printed digits
  })
  test('is the other side of depthTransition: γ_c(y_c(γ)) = γ', () => {
    fc.assert(
      fc.property(depths, target, (depth, weightDecay) => {
        expect(depthTransition({ depth, y: depthJump(depth, weightDecay).y }).critical).toBeAllclose(weightDecay)
      }),
    )
  })
  test('refuses a negative decay', () => expect(() => depthJump(3, -1)).toThrow('depthJump: weightDecay'))
})

describe('kickDecay', () => {
  // Origin: theory.md 10.3
  test.each([
    [0.1, 0.0999],
    [0.2, 0.1984],
  ])('of ε = %d at depth 3 is %d', (kick, expected) => expect(kickDecay({ depth: 3, y: 1 }, kick)).toBeAllclose(expected))
  test('puts the factors exactly on the barrier', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), target, share, (depth, y, part) => {
        const kick = part * depthTransition({ depth, y }).upperV ** (1 / depth)
        expect(depthBranch({ depth, y }, kickDecay({ depth, y }, kick))?.barrier).toBeAllclose(kick ** depth, { relative: 1e-6 }) // flat near the top
      }),
    )
  })
  test('is γ_up for a kick beyond the last barrier, and 0 without kick or target', () => {
    const deep = { depth: 4, y: 2 }
    expect(kickDecay(deep, 5)).toBeAllclose(depthTransition(deep).upper)
    expect(kickDecay({ depth: 2, y: 2 }, 0.1)).toBeAllclose(2)
    expect([kickDecay(deep, 0), kickDecay({ depth: 3, y: 0 }, 1)]).toEqual([0, 0])
    expect(() => kickDecay(deep, -1)).toThrow('kickDecay: kick')
  })
})

describe('hysteresisSweep', () => {
  const cubic = { depth: 3, y: 1 }
  // Origin: theory.md 10.3
  test('upward holds the branch beyond γ_c and jumps to zero between .465 and .475', () => {
    expect(hysteresisSweep(cubic, [0.425, 0.445, 0.465, 0.475, 0.425], { from: 'branch' })).toBeAllclose(
      [0.442117, 0.39192, 0.320567, 0, 0],
      { absolute: 1e-6 },
    ) // six printed digits
  })
  test('downward from zero never returns without a kick', () =>
    expect(hysteresisSweep(cubic, [0.3, 0.1, 0.005], { from: 'zero' })).toEqual(new Float64Array(3)))
  test.each([
    [0.1, [0.115, 0.105, 0.095], [0, 0, 0.901665]],
    [0.2, [0.215, 0.205, 0.1975], [0, 0, 0.785993]],
  ])('downward with a kick of %d over %j gives %j', (kick, levels, expected) =>
    expect(hysteresisSweep(cubic, levels, { from: 'zero', kick })).toBeAllclose(expected, { absolute: 1e-6 }),
  )
  test('of no levels is empty', () => expect(hysteresisSweep(cubic, [], { from: 'zero' })).toEqual(new Float64Array()))
  test('agrees with gradient descent on three factors, kick and all', () => {
    const trained = [0.3, 0.45, 0.5, 0.15, 0.05].reduce<{ u: number[]; seen: number[] }>(
      ({ u, seen }, weightDecay) => {
        const now = u.map((value) => value + 0.1)
        for (let step = 0; step < 5_000; step += 1) {
          const [a = 0, b = 0, c = 0] = now
          const slope = 2 * (a * b * c - 1)
          now.splice(
            0,
            3,
            ...[
              a * (1 - 0.04 * weightDecay) - 0.02 * slope * b * c,
              b * (1 - 0.04 * weightDecay) - 0.02 * slope * a * c,
              c * (1 - 0.04 * weightDecay) - 0.02 * slope * a * b,
            ],
          )
        }
        return { u: now, seen: [...seen, now.reduce((product, value) => product * value, 1)] }
      },
      { u: [0.9, 0.95, 1], seen: [] },
    ).seen
    expect(trained).toBeAllclose(hysteresisSweep(cubic, [0.3, 0.45, 0.5, 0.15, 0.05], { from: 'branch', kick: 0.1 }), { absolute: 1e-6 }) // 5,000 steps of a rate ≥ .003
  })
})
