/**
 * Oracle 8.14 (preset E7): a product that weight decay has unlearned returns the later, the longer it was unlearned.
 *
 *   ℓ = (uw − y)² + γ(u² + w²); task 1: y₁ < γ for T steps, task 2: y₂ > γ
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requirePositive, requireReal } from './inputs.ts'

export const plasticity = { number: '8.14', title: { en: 'Plasticity delay', ja: '可塑性の遅れ' } } as const

/** The second task: target y₂ > γ, decay γ, learning rate η. */
export type Relearning = { readonly second: number; readonly weightDecay: number; readonly learningRate: number }

/**
 * The steps until the product reaches half of its new value v_∞ = y₂ − γ, from the sum p = u + w at the switch.
 *
 *   N ≈ ln(v_∞/v₀ − 1)/(4η(y₂ − γ)),   v₀ = p²/4
 *
 * The product grows as a logistic curve of rate 4(y₂ − γ) in the time η · steps.
 *
 * @param sum   p at the switch, not 0
 * @param task  see `Relearning`
 * @returns     N, not rounded; ≤ 0 if the product is already half-way; NaN beyond v_∞
 * Accuracy: first order in η and for u ≈ w; within 3 steps of the truth in E7 (η = .02).
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.14.
 */
export function escapeSteps(sum: number, task: Relearning): number {
  requireTask('escapeSteps', task)
  requireReal('escapeSteps: sum', sum)
  if (sum === 0) throw new Refusal('invalid-input', 'escapeSteps: sum: expected a number other than 0, from where nothing escapes, got 0')
  const final = task.second - task.weightDecay
  const ratio = final / (sum / 2) / (sum / 2) // v_∞/v₀; v₀ itself may underflow
  return Math.log(ratio - 1) / (4 * task.learningRate * final)
}

/**
 * How many steps of delay every step of the first task adds, once the product is near 0.
 *
 *   dN/dT → (γ − y₁)/(y₂ − γ)
 *
 * @param tasks  y₁ < γ < y₂, γ ≥ 0
 * @returns      > 0, steps per step; the learning rate cancels
 * Accuracy: first order in η.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.14.
 */
export function delaySlope({
  first,
  second,
  weightDecay,
}: {
  readonly first: number
  readonly second: number
  readonly weightDecay: number
}): number {
  requireTask('delaySlope', { second, weightDecay, learningRate: 1 })
  requireReal('delaySlope: first', first)
  if (first >= weightDecay) {
    throw new Refusal('invalid-input', `delaySlope: first: expected a target < weightDecay ${weightDecay}, got ${first}`)
  }
  return (weightDecay - first) / (second - weightDecay)
}

/** A relearning with its first task: target y₁ for T steps from u, w; at most `limit` steps of the second. */
export type Forgetting = Relearning & {
  readonly first: number
  readonly steps: number
  readonly u: number
  readonly w: number
  readonly limit?: number
}

/**
 * The exact delay: the scalar map, step by step.
 *
 *   N = the first number of steps of task 2 with uw ≥ ½(y₂ − γ)
 *
 * @param forgetting  see `Forgetting`; limit 10⁶ unless said
 * @returns           sumAtSwitch p_T = u + w, and N: null if the limit comes first (from u = −w it never escapes) or the rate diverges
 * Accuracy: exact N in float64; where p_T has shrunk by many orders, rounding of single steps may move it by one.
 * Cost: T + N steps of ten operations.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.14, E7.
 */
export function iterateDelay(forgetting: Forgetting): { readonly sumAtSwitch: number; readonly delay: number | null } {
  const { first, second, weightDecay, learningRate, steps, limit = 1_000_000 } = forgetting
  requireTask('iterateDelay', forgetting)
  for (const field of ['first', 'u', 'w'] as const) requireReal(`iterateDelay: ${field}`, forgetting[field])
  requireWhole('iterateDelay: steps', steps)
  requireWhole('iterateDelay: limit', limit)
  const keep = 1 - 2 * learningRate * weightDecay
  let { u, w } = forgetting
  const step = (target: number): void => {
    const push = 2 * learningRate * (u * w - target)
    ;[u, w] = [keep * u - push * w, keep * w - push * u]
  }
  for (let done = 0; done < steps; done += 1) step(first)
  const sumAtSwitch = u + w
  const half = (second - weightDecay) / 2
  const isThere = (): boolean => u * w >= half && u * w < Number.POSITIVE_INFINITY
  let delay = 0
  while (!isThere() && delay < limit) {
    step(second)
    delay += 1
  }
  return { sumAtSwitch, delay: isThere() ? delay : null }
}

function requireTask(name: string, { second, weightDecay, learningRate }: Relearning): void {
  requireNonNegative(`${name}: weightDecay`, weightDecay)
  requirePositive(`${name}: learningRate`, learningRate)
  requireReal(`${name}: second`, second)
  if (second <= weightDecay)
    throw new Refusal('invalid-input', `${name}: second: expected a target > weightDecay ${weightDecay}, got ${second}`)
}
