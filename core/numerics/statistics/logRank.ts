/** Do groups of runs differ in how long something takes, when some runs end before it happens? */
import { Refusal } from '#core/contract/errors.ts'
import { symmetricEigen } from '#core/numerics/linalg/symmetricEigen.ts'
import { chiSquareTail } from './chiSquareTail.ts'
import type { Duration } from './kaplanMeier.ts'

export interface LogRank {
  readonly chiSquare: number // ≥ 0
  readonly degrees: number // of freedom, ≥ 1
  readonly p: number
  readonly observed: readonly number[] // events of each group
  readonly expected: readonly number[] // were there no difference; the same sum
}

/**
 * The log-rank test of k groups, every event with the same weight.
 *
 *   at each time t with d events among n at risk, of which n_j are of group j:
 *     E_j = Σ_t d n_j / n,   V_jl = Σ_t d (n − d)/(n − 1) · n_j/n · (δ_jl − n_l/n)      (no term of V where n = 1)
 *   χ² = (O − E)ᵀ V⁺ (O − E) on rank V degrees of freedom: k − 1 unless a group is never at risk beside another
 *
 * Ties are handled by the hypergeometric variance above. A run that is censored at the time of an event is at risk there. p is asymptotic: with few
 * events it is rough, and where the curves cross the test sees little. Only the order of the times counts; so neither a monotone change of time
 * nor the order of groups or runs changes anything.
 *
 * @param groups  at least two; times finite, ≥ 0, in one unit
 * @returns       null where nothing can be tested: V = 0, as without events or with all of them at one time at which everyone has it
 * Accuracy: relative error of χ² about cond(V) · 2⁻⁵⁰; of p about χ² times that.
 * Cost: N log N for sorting, k² for each time of an event, k³ at the end.
 * Fails: 'invalid-input' if there are fewer than two groups, or a time is negative, NaN or ±∞.
 * Source: Mantel, "Evaluation of survival data and two new rank order statistics arising in its consideration", 1966; Peto & Peto 1972; Klein &
 *   Moeschberger, "Survival Analysis", 2nd ed., section 7.3.
 */
export function logRank(groups: readonly (readonly Duration[])[]): LogRank | null {
  requireGroups(groups)
  const k = groups.length
  const [observed, expected] = [new Float64Array(k), new Float64Array(k)]
  const variance = new Float64Array(k * k) // [k, k]
  const atRisk = groups.map((group) => group.length)
  for (const { events, ended } of timesOf(groups)) {
    const [d, n] = [sum(events), sum(atRisk)]
    const share = n > 1 ? (d * (n - d)) / (n - 1) : 0
    for (let j = 0; j < k; j += 1) {
      const own = (atRisk[j] ?? 0) / n
      observed[j] = (observed[j] ?? 0) + (events[j] ?? 0)
      expected[j] = (expected[j] ?? 0) + d * own
      for (let l = 0; l < k; l += 1) {
        variance[j * k + l] = (variance[j * k + l] ?? 0) + share * own * ((j === l ? 1 : 0) - (atRisk[l] ?? 0) / n)
      }
    }
    for (let j = 0; j < k; j += 1) atRisk[j] = (atRisk[j] ?? 0) - (ended[j] ?? 0)
  }
  const form = inverseForm(
    variance,
    observed.map((count, j) => count - (expected[j] ?? 0)),
  )
  return form === null
    ? null
    : { ...form, p: chiSquareTail(form.chiSquare, form.degrees), observed: [...observed], expected: [...expected] }
}

/** zᵀ V⁺ z and the rank of V; null for V = 0. What rounding leaves of the values that are zero in exact arithmetic is below 2⁻⁴⁰ of the largest. */
function inverseForm(variance: Float64Array, z: Float64Array): { readonly chiSquare: number; readonly degrees: number } | null {
  const k = z.length
  const { values, vectors } = symmetricEigen({ rows: k, columns: k, values: variance })
  const largest = values.reduce((most, value) => Math.max(most, value), 0)
  if (largest === 0) return null
  let [chiSquare, degrees] = [0, 0]
  for (let i = 0; i < k; i += 1) {
    const value = values[i] ?? 0
    if (value <= largest * 2 ** -40) continue
    const along = z.reduce((total, part, j) => total + part * (vectors.values[j * k + i] ?? 0), 0) // column i
    chiSquare += (along * along) / value
    degrees += 1
  }
  return { chiSquare, degrees }
}

type AtTime = { readonly time: number; readonly events: Float64Array; readonly ended: Float64Array } // of each group

/** The different times of all groups, ascending. */
function timesOf(groups: readonly (readonly Duration[])[]): readonly AtTime[] {
  const byTime = new Map<number, AtTime>()
  for (const [j, group] of groups.entries()) {
    for (const { time, isEvent } of group) {
      const entry = byTime.get(time) ?? { time, events: new Float64Array(groups.length), ended: new Float64Array(groups.length) }
      entry.ended[j] = (entry.ended[j] ?? 0) + 1
      if (isEvent) entry.events[j] = (entry.events[j] ?? 0) + 1
      byTime.set(time, entry)
    }
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time)
}

function sum(counts: Iterable<number>): number {
  let total = 0
  for (const count of counts) total += count
  return total
}

function requireGroups(groups: readonly (readonly Duration[])[]): void {
  if (groups.length < 2) throw new Refusal('invalid-input', `logRank: groups: expected at least two, got ${groups.length}`)
  for (const [j, group] of groups.entries()) {
    for (const [index, { time }] of group.entries()) {
      if (Number.isFinite(time) && time >= 0) continue
      throw new Refusal('invalid-input', `logRank: groups: expected finite times ≥ 0, got ${time} at index ${index} of group ${j}`)
    }
  }
}
