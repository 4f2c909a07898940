/**
 * Oracles 8.3 and 10.3: products of D factors under weight decay. From D = 3 on zero is a local minimum for every decay, so that the product
 * jumps, and what one sees depends on where one comes from (hysteresis).
 *
 *   min over factors of (Πu_k − y)² + γ Σu_k²  =  min over v of (v − y)² + Dγ|v|^{2/D}
 *
 * All of it scales: with v = y·x the decay enters only as γ|y|^{−2(D−1)/D}, so every equation is solved at y = 1. A negative target turns the
 * sign of v and nothing else.
 */
import { requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requireReal } from './inputs.ts'
import { softThreshold } from './lasso.ts'
import { turningPoint } from './turningPoint.ts'

export const depthProduct = { number: '8.3', title: { en: 'Product of D factors', ja: 'D 個の因子の積' } } as const
export const hysteresis = { number: '10.3', title: { en: 'Hysteresis of deep products', ja: '深い積のヒステリシス' } } as const

/** How many factors, D ≥ 2, and the target y. */
export type DeepTarget = { readonly depth: number; readonly y: number }

/** Decays where the picture changes, and the product that belongs to each. */
export type Transition = {
  readonly critical: number // γ_c: above it zero is the global minimum
  readonly criticalV: number
  readonly upper: number // γ_up: above it the non-zero branch does not exist
  readonly upperV: number
}

/**
 * Where the global minimum changes and where the non-zero branch ends.
 *
 *   γ_c = [y(D−2)/(D−1)]^{2(D−1)/D}/(D−2),                v(γ_c) = y(D−2)/(D−1)
 *   γ_up = [y(D−2)/(2(D−1))]^{(D−2)/D} · yD/(2(D−1)),     v(γ_up) = y(D−2)/(2(D−1))
 *
 * @param target  D whole, ≥ 2; y finite
 * @returns       decays for |y|, products with the sign of y; for D = 2 both decays are |y| and both products 0: no jump
 * Accuracy: a few roundings.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.3.
 */
export function depthTransition({ depth, y }: DeepTarget): Transition {
  requireTarget('depthTransition', { depth, y })
  const size = Math.abs(y)
  if (depth === 2) return { critical: size, criticalV: 0, upper: size, upperV: 0 }
  const share = (depth - 2) / (depth - 1)
  return {
    critical: (size * share) ** ((2 * (depth - 1)) / depth) / (depth - 2),
    criticalV: y * share,
    upper: size ** ((2 * (depth - 1)) / depth) * largestDecay(depth),
    upperV: (y * share) / 2,
  }
}

/**
 * The product on the non-zero branch, which is a local minimum, and on the barrier that separates it from zero.
 *
 *   u^{D−2}(|y| − u^D) = γ,   v = sign(y) u^D:   the largest root is the branch, the smaller one the barrier
 *
 * @param target       D whole, ≥ 2; y finite
 * @param weightDecay  γ ≥ 0
 * @returns            null where there is none: γ > γ_up, or y = 0; for D = 2 the barrier is 0
 * Accuracy: relative 1e-14 or so away from γ_up; there v moves with the root of γ_up − γ, so that half of the digits are lost.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.3.
 */
export function depthBranch(target: DeepTarget, weightDecay: number): { readonly v: number; readonly barrier: number } | null {
  requireTarget('depthBranch', target)
  requireNonNegative('depthBranch: weightDecay', weightDecay)
  const { depth, y } = target
  const decay = relativeDecay(target, weightDecay)
  if (y === 0 || decay > largestDecay(depth)) return null
  if (depth === 2) return { v: softThreshold(y, weightDecay), barrier: 0 }
  const top = topFactor(depth)
  const root = turningPoint((u) => pull(u, depth) > decay, top, 1)
  const barrier = turningPoint((u) => pull(u, depth) < decay, 0, top)
  return { v: y * root ** depth, barrier: y * barrier ** depth }
}

/**
 * The global minimum: the branch for γ < γ_c, zero from γ_c on. At γ_c both cost the same.
 *
 * @param target       D whole, ≥ 2; y finite
 * @param weightDecay  γ ≥ 0
 * @returns            v
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.3.
 */
export function depthMinimum(target: DeepTarget, weightDecay: number): number {
  const branch = depthBranch(target, weightDecay)
  return branch === null || weightDecay >= depthTransition(target).critical ? 0 : branch.v
}

/**
 * The jump at a fixed decay: the smallest target whose global minimum is not zero, and the product there.
 *
 *   v_c = ((D−2)γ)^{D/(2(D−1))},   y_c = (D−1)/(D−2) · v_c
 *
 * @param depth        D whole, ≥ 2
 * @param weightDecay  γ ≥ 0
 * @returns            v and y; for D = 2 (0, γ)
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.3.
 */
export function depthJump(depth: number, weightDecay: number): { readonly v: number; readonly y: number } {
  requireWhole('depthJump: depth', depth, 2)
  requireNonNegative('depthJump: weightDecay', weightDecay)
  if (depth === 2) return { v: 0, y: weightDecay }
  const v = ((depth - 2) * weightDecay) ** (depth / (2 * (depth - 1)))
  return { v, y: ((depth - 1) / (depth - 2)) * v }
}

/**
 * The decay below which equal factors ε, put on at zero, grow to the non-zero branch instead of dying.
 *
 * On equal factors u the cost is (u^D − y)² + Dγu², its slope 2Du[γ − u^{D−2}(y − u^D)]. So u = ε lies beyond the barrier iff
 *
 *   γ < ε^{D−2}y − ε^{2D−2}   (D = 3: εy − ε⁴),   or γ < γ_up once ε is beyond the last barrier [y(D−2)/(2(D−1))]^{1/D}
 *
 * @param target  D whole, ≥ 2; y finite, its size is what counts
 * @param kick    ε ≥ 0, on every factor, with the product of the sign of y
 * @returns       γ ≥ 0; 0 for ε = 0 (D ≥ 3) or y = 0: no kick, no return
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: the slope above; theory.md 10.3 for D = 3.
 */
export function kickDecay(target: DeepTarget, kick: number): number {
  requireTarget('kickDecay', target)
  requireNonNegative('kickDecay: kick', kick)
  const { depth, y } = target
  const size = Math.abs(y)
  if (size === 0 || kick === 0) return 0
  const factor = kick / size ** (1 / depth)
  return size ** ((2 * (depth - 1)) / depth) * (factor < topFactor(depth) ? pull(factor, depth) : largestDecay(depth))
}

/**
 * The product at each of a sequence of decays, when each level starts where the last one ended and is trained until it stands.
 *
 * On the branch until γ_up; then at zero, for ever, unless a kick on every factor lies beyond the barrier.
 *
 * @param target  D whole, ≥ 2; y finite
 * @param levels  decays γ ≥ 0 in the order of the sweep
 * @param start   where the sweep begins, and the kick ε ≥ 0 that every level starts with
 * @returns       v of each level
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 10.3.
 */
export function hysteresisSweep(
  target: DeepTarget,
  levels: readonly number[],
  { from, kick = 0 }: { readonly from: 'branch' | 'zero'; readonly kick?: number },
): Float64Array {
  let isOnBranch = from === 'branch'
  return Float64Array.from(levels, (weightDecay) => {
    const branch = depthBranch(target, weightDecay)
    isOnBranch = branch !== null && (isOnBranch || weightDecay < kickDecay(target, kick))
    return isOnBranch && branch !== null ? branch.v : 0
  })
}

function requireTarget(name: string, { depth, y }: DeepTarget): void {
  requireWhole(`${name}: depth`, depth, 2)
  requireReal(`${name}: y`, y)
}

/** γ|y|^{−2(D−1)/D}: the decay in the units of a target of 1. */
function relativeDecay({ depth, y }: DeepTarget, weightDecay: number): number {
  return weightDecay / Math.abs(y) ** ((2 * (depth - 1)) / depth)
}

/** u^{D−2}(1 − u^D): how strongly the data holds equal factors u against the decay. It rises up to `topFactor` and falls from there. */
function pull(u: number, depth: number): number {
  return u ** (depth - 2) * (1 - u ** depth)
}

function topFactor(depth: number): number {
  return ((depth - 2) / (2 * (depth - 1))) ** (1 / depth)
}

/** γ_up at y = 1. */
function largestDecay(depth: number): number {
  return ((depth - 2) / (2 * (depth - 1))) ** ((depth - 2) / depth) * (depth / (2 * (depth - 1)))
}
