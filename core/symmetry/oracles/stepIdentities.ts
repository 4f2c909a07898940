/**
 * Oracle 8.6: what one plain step does to a product, exactly, whatever the loss. No small learning rate is assumed.
 *
 *   u' = cu − ηgw,  w' = cw − ηgu,   c = 1 − 2ηγ,  g = ∂ℓ/∂v at v = uw
 */
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { combine, multiply, transpose } from './dense.ts'
import { requireNonNegative, requireReal } from './inputs.ts'

export const stepIdentities = { number: '8.6', title: { en: 'Exact step identities', ja: '1ステップの厳密な恒等式' } } as const

/** One plain step: η, γ. */
export type PlainStep = { readonly learningRate: number; readonly weightDecay: number }

/** Two factors and the slope g = ∂ℓ/∂v of the loss at their product. */
export type Pair = { readonly u: number; readonly w: number; readonly slope: number }

/**
 * One plain gradient step on a product, as it is defined.
 *
 * @returns  u' = (1 − 2ηγ)u − ηgw and w' = (1 − 2ηγ)w − ηgu
 * Fails: 'invalid-input' if a number is not finite, or η or γ is negative.
 * Source: theory.md 0.1.
 */
export function productStep({ u, w, slope }: Pair, step: PlainStep): { readonly u: number; readonly w: number } {
  const { keep, push } = rates('productStep', { u, w, slope }, step)
  return { u: keep * u - push * w, w: keep * w - push * u }
}

/**
 * What the step does to sum, difference and imbalance of the factors.
 *
 *   (u + w)' = (c − ηg)(u + w),   (u − w)' = (c + ηg)(u − w),   u'² − w'² = (c² − η²g²)(u² − w²)
 *
 * @returns  the three values after the step; keepsSigns: |ηg| < c, so that neither sum nor difference changes sign
 * Fails: 'invalid-input' if a number is not finite, or η or γ is negative.
 * Source: theory.md 8.6. The product is ((u + w)² − (u − w)²)/4.
 */
export function productStepIdentities(
  { u, w, slope }: Pair,
  step: PlainStep,
): { readonly sum: number; readonly difference: number; readonly imbalance: number; readonly keepsSigns: boolean } {
  const { keep, push } = rates('productStepIdentities', { u, w, slope }, step)
  return {
    sum: (keep - push) * (u + w),
    difference: (keep + push) * (u - w),
    imbalance: (keep - push) * (keep + push) * (u - w) * (u + w),
    keepsSigns: Math.abs(push) < keep,
  }
}

/**
 * One plain gradient step on a matrix product M = ABᵀ, as it is defined.
 *
 * @param factors  a [m, r], b [n, r], gradient G = ∂L/∂M [m, n], float64
 * @returns        A' = cA − ηGB, B' = cB − ηGᵀA
 * Fails: 'invalid-input' if the sizes disagree, or η or γ is negative.
 */
export function matrixStep({ a, b, gradient }: Factors, step: PlainStep): { readonly a: Matrix; readonly b: Matrix } {
  const { keep, push } = rates('matrixStep', { u: 0, w: 0, slope: 1 }, step)
  return {
    a: combine(keep, a, { b: -push, y: multiply(gradient, b) }),
    b: combine(keep, b, { b: -push, y: multiply(transpose(gradient), a) }),
  }
}

/** M = ABᵀ with a [m, r], b [n, r], and the gradient G = ∂L/∂M, [m, n]. */
export type Factors = { readonly a: Matrix; readonly b: Matrix; readonly gradient: Matrix }

/** Q = AᵀA − BᵀB, [r, r]: what gradient flow without decay never changes. */
export function imbalance({ a, b }: { readonly a: Matrix; readonly b: Matrix }): Matrix {
  return combine(1, multiply(transpose(a), a), { b: -1, y: multiply(transpose(b), b) })
}

/**
 * The imbalance after one step.
 *
 *   Q' = c²Q + η²(BᵀGᵀGB − AᵀGGᵀA)
 *
 * @returns  [r, r]
 * Fails: 'invalid-input' if the sizes disagree, or η or γ is negative.
 * Source: theory.md 8.6: the terms of first order in η cancel.
 */
export function imbalanceAfterStep({ a, b, gradient }: Factors, step: PlainStep): Matrix {
  const { keep, push } = rates('imbalanceAfterStep', { u: 0, w: 0, slope: 1 }, step)
  const second = imbalance({ a: multiply(gradient, b), b: multiply(transpose(gradient), a) })
  return combine(keep * keep, imbalance({ a, b }), { b: push * push, y: second })
}

/**
 * The share of the imbalance that gradient flow leaves.
 *
 *   Q(t) = e^{−4γt} Q(0), t = η · steps
 *
 * The factors' own e^{−2γt} enters twice.
 *
 * @returns  in [0, 1]
 * Fails: 'invalid-input' if γ or t is negative.
 * Source: theory.md 8.6.
 */
export function imbalanceLeft(weightDecay: number, time: number): number {
  requireNonNegative('imbalanceLeft: weightDecay', weightDecay)
  requireNonNegative('imbalanceLeft: time', time)
  return Math.exp(-4 * weightDecay * time)
}

/** c = 1 − 2ηγ and ηg. */
function rates(
  name: string,
  { u, w, slope }: Pair,
  { learningRate, weightDecay }: PlainStep,
): { readonly keep: number; readonly push: number } {
  for (const [field, value] of Object.entries({ u, w, slope })) requireReal(`${name}: ${field}`, value)
  requireNonNegative(`${name}: learningRate`, learningRate)
  requireNonNegative(`${name}: weightDecay`, weightDecay)
  return { keep: 1 - 2 * learningRate * weightDecay, push: learningRate * slope }
}
