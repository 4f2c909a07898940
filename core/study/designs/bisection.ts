/**
 * Where a transition lies, by halving: a run at one level of a factor says that it is still below the transition or already above it, seed by
 * seed, and the next level is the middle of what is left. A state machine without a clock: outcomes go in, levels come out.
 *
 * Each seed has a transition of its own, γ*, and a bracket of its own. A seed whose ends are both on one side has its transition outside, or
 * none: it keeps a half-open bracket and is counted, never dropped. A run without a value says neither: its seed's bracket ends there. Outcomes may
 * arrive in any order; those that no bracket needs are ignored.
 */
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Words } from '#core/contract/values.ts'
import { requireFinite, requireLevel } from '#core/numerics/require.ts'
import { tCritical } from '#core/numerics/statistics/distributions.ts'
import { mean, standardDeviation } from '#core/numerics/statistics/moments.ts'
import { medianBracket, type OrderInterval } from './orderStatistics.ts'

export type Side = 'below' | 'above'
export type Scale = 'linear' | 'log'

/** What one run at one level said; null: it has no value. The level is one that `nextLevels` gave, to the last bit. */
export type SideAtLevel = { readonly level: number; readonly seed: number; readonly side: Side | null }

export type Bisection = {
  readonly from: number // expected below
  readonly to: number // expected above
  readonly precision: number // widest final bracket: to − from, on a log scale to / from − 1
  readonly scale: Scale
  readonly seeds: readonly number[]
  readonly outcomes: readonly SideAtLevel[]
}

/**
 * What is known of a seed: `crossed` has its transition in [low, high], `beyond` above the end, `before` below it, `reversed` is no transition,
 * `without-value` was narrowed as far as its runs have values, `open` waits for a run.
 */
export type Bracket = {
  readonly seed: number
  readonly state: 'crossed' | 'beyond' | 'before' | 'reversed' | 'without-value' | 'open'
  readonly low: number // −∞ where nothing bounds it
  readonly high: number // ∞ where nothing bounds it
}

export type Transition = {
  readonly brackets: readonly Bracket[]
  /** Mean of the seeds' middles, geometric on a log scale; null unless every seed crossed. */
  readonly mean: { readonly value: number; readonly interval: { readonly low: number; readonly high: number } | null } | null
  /** Median of the seeds; null where it is not bounded. */
  readonly median: number | null
  /** Exact interval of the median for continuous thresholds, whatever their distribution; null for too few seeds. */
  readonly medianInterval: OrderInterval | null
  /** Why there is no estimate: every seed has both ends on one side. */
  readonly failure: Words | null
}

/** A bisection that nothing is known of yet. */
export function startBisection(design: Omit<Bisection, 'outcomes' | 'seeds'>, seeds: readonly number[]): Bisection {
  const { from, to, precision, scale } = design
  return { from, to, precision, scale, seeds, outcomes: [] }
}

/**
 * How many halvings the bracket needs: ⌈log₂(width / precision)⌉, width = to − from and on a log scale ln(to / from) against
 * ln(1 + precision). A quotient that exceeds a power of two by rounding alone counts as that power.
 */
export function roundsOf(settings: Omit<Bisection, 'outcomes' | 'seeds'>): number {
  const { from, to, precision, scale } = settings
  const width = scale === 'linear' ? to - from : Math.log(to) - Math.log(from)
  const target = scale === 'linear' ? precision : Math.log1p(precision)
  return Math.max(0, Math.ceil(Math.log2(width / target) - 1e-9))
}

/**
 * The levels to run next, rising: first both ends, then the middle of every seed's bracket that is still too wide.
 *
 * @returns  'done' when every bracket is narrow enough or cannot be narrowed
 * Cost: seeds × rounds.
 * Fails: 'invalid-input' for a bracket, a precision, seeds or outcomes that break a rule.
 */
export function nextLevels(state: Bisection): readonly number[] | 'done' {
  const levels = new Set(wantedRuns(state).map(({ level }) => level))
  return levels.size === 0 ? 'done' : [...levels].sort((a, b) => a - b)
}

/** Which seed has to run at which level next; the others need not. Fails: 'invalid-input' as `nextLevels`. */
export function wantedRuns(state: Bisection): readonly { readonly level: number; readonly seed: number }[] {
  const sides = sidesOf(state)
  return state.seeds.flatMap((seed) => replay(state, sides, seed).wanted.map((level) => ({ level, seed })))
}

/** What is known of each seed by now. Fails: 'invalid-input' as `nextLevels`. */
export function bracketsOf(state: Bisection): readonly Bracket[] {
  const sides = sidesOf(state)
  return state.seeds.map((seed) => replay(state, sides, seed).bracket)
}

/**
 * The transition of each seed and of all, from the outcomes so far.
 *
 *   mean:    m ± (h̄ + t (s + √(Σh² / (n − 1))) / √n),   m and s of the brackets' middles, h their half widths
 *   median:  from the k-th smallest lower end to the k-th largest upper end (`medianBracket`)
 *
 * The true γ* of a seed lies anywhere in its bracket. Moving each value by at most h moves the mean by at most h̄ and the standard deviation by at
 * most √(Σh² / (n − 1)), since that is a norm: the interval holds Student's interval of the true values, whichever they are. On a log scale all
 * of this is of ln γ*.
 *
 * @param level  confidence, between 0 and 1
 * @returns      the factor's unit
 * Fails: 'invalid-input' as `nextLevels`, when runs are missing, and for a level that is no confidence.
 * Source: Student, "The probable error of a mean", 1908; the widening to brackets is ours.
 */
export function transitionOf(state: Bisection, level = 0.95): Transition {
  requireLevel('bisection: level', level)
  const missing = wantedRuns(state).length
  if (missing > 0) throw new Refusal('invalid-input', `bisection: expected an outcome for every wanted run, got ${missing} without one`)
  const brackets = bracketsOf(state)
  const { low, high, interval } = medianBracket(brackets, level)
  const isBounded = Number.isFinite(low) && Number.isFinite(high)
  return {
    brackets,
    mean: meanOf(brackets, state.scale, level),
    median: isBounded ? middle(state.scale, low, high) : null,
    medianInterval: interval,
    failure: failureOf(state, brackets),
  }
}

type Sides = ReadonlyMap<number, ReadonlyMap<number, Side | null>> // seed → level → side

/** Follows one seed's outcomes from the ends inwards, as far as they reach. */
function replay(state: Bisection, all: Sides, seed: number): { bracket: Bracket; wanted: readonly number[] } {
  const { from, to, scale } = state
  const sides = all.get(seed) ?? new Map<number, Side | null>()
  const [first, last] = [sides.get(from), sides.get(to)]
  const missing = [from, to].filter((end) => !sides.has(end))
  const open = { seed, low: -Infinity, high: Infinity }
  if (first === undefined || last === undefined) return { bracket: { ...open, state: 'open' }, wanted: missing }
  if (first === null || last === null) {
    const known = { low: first === 'below' ? from : -Infinity, high: last === 'above' ? to : Infinity }
    return { bracket: { seed, state: 'without-value', ...known }, wanted: [] }
  }
  if (first === last) return { bracket: oneSided(state, first, seed), wanted: [] }
  if (first === 'above') return { bracket: { ...open, state: 'reversed' }, wanted: [] }
  let [low, high] = [from, to]
  for (let round = roundsOf(state); round > 0; round -= 1) {
    const level = middle(scale, low, high)
    const side = sides.get(level)
    if (side === undefined) return { bracket: { seed, state: 'open', low, high }, wanted: [level] }
    if (side === null) return { bracket: { seed, state: 'without-value', low, high }, wanted: [] }
    if (side === 'below') low = level
    else high = level
  }
  return { bracket: { seed, state: 'crossed', low, high }, wanted: [] }
}

function oneSided({ from, to }: Bisection, side: Side, seed: number): Bracket {
  if (side === 'below') return { seed, state: 'beyond', low: to, high: Infinity }
  return { seed, state: 'before', low: -Infinity, high: from }
}

/** The middle of a bracket on its scale; the same numbers give the same level, to the last bit. */
function middle(scale: Scale, low: number, high: number): number {
  return scale === 'linear' ? low + (high - low) / 2 : Math.sqrt(low) * Math.sqrt(high) // √(low · high) might overflow
}

function meanOf(brackets: readonly Bracket[], scale: Scale, level: number): Transition['mean'] {
  const n = brackets.length
  if (brackets.some(({ state }) => state !== 'crossed')) return null
  const [to, back] = scale === 'linear' ? [identity, identity] : [Math.log, Math.exp]
  const middles = brackets.map(({ low, high }) => to(low) / 2 + to(high) / 2)
  const halfWidths = brackets.map(({ low, high }) => to(high) / 2 - to(low) / 2)
  const centre = mean(middles)
  if (n < 2) return { value: back(centre), interval: null }
  const spread = standardDeviation(middles) + Math.hypot(...halfWidths) / Math.sqrt(n - 1)
  const reach = mean(halfWidths) + (tCritical(level, n - 1) * spread) / Math.sqrt(n)
  return { value: back(centre), interval: { low: back(centre - reach), high: back(centre + reach) } }
}

function identity(x: number): number {
  return x
}

function failureOf({ from, to }: Bisection, brackets: readonly Bracket[]): Words | null {
  const counts = { crossed: 0, beyond: 0, before: 0, reversed: 0, 'without-value': 0, open: 0 }
  for (const { state } of brackets) counts[state] += 1
  if (counts.crossed > 0) return null
  const n = brackets.length
  const ends = `[${from}, ${to}]`
  if (counts.beyond === n) {
    return {
      en: `bisection: expected a transition in ${ends}, got below at both ends for all ${n} seeds; raise its upper end`,
      ja: `二分法:区間 ${ends} に転移がなく、全 ${n} シードで両端とも転移より下です。上端を上げてください`,
    }
  }
  if (counts.before === n) {
    return {
      en: `bisection: expected a transition in ${ends}, got above at both ends for all ${n} seeds; lower its lower end`,
      ja: `二分法:区間 ${ends} に転移がなく、全 ${n} シードで両端とも転移より上です。下端を下げてください`,
    }
  }
  const { beyond, before, reversed, 'without-value': valueless } = counts
  if (valueless === n) {
    return {
      en: `bisection: expected runs with a value in ${ends}, got a run without a value for all ${n} seeds`,
      ja: `二分法:区間 ${ends} で、全 ${n} シードに値のない実行があります`,
    }
  }
  const also = valueless === 0 ? { en: '', ja: '' } : { en: `, ${valueless} without a value`, ja: `、値なし ${valueless}` }
  return {
    en: `bisection: expected below at ${from} and above at ${to}, got no such seed of ${n} (${beyond} below at both ends, ${before} above at both, ${reversed} the other way round${also.en})`,
    ja: `二分法:下端 ${from} で転移より下、上端 ${to} で上となるシードが ${n} 個中 1 つもありません(両端とも下 ${beyond}、両端とも上 ${before}、逆向き ${reversed}${also.ja})`,
  }
}

const finest = 1e-14 // of a bracket relative to its ends; a middle still lies strictly inside

function sidesOf(state: Bisection): Sides {
  requireBracket(state)
  const sides = new Map<number, Map<number, Side | null>>(state.seeds.map((seed) => [seed, new Map()]))
  for (const { level, seed, side } of state.outcomes) {
    const own = sides.get(seed)
    if (own === undefined) throw new Refusal('invalid-input', `bisection.outcomes: expected one of its seeds, got ${seed}`)
    const known = own.get(level)
    if (known !== undefined && known !== side) {
      const both = [known, side].map((said) => said ?? 'no value').join(' and ')
      throw new Refusal('invalid-input', `bisection.outcomes: expected one side for seed ${seed} at ${level}, got ${both}`)
    }
    own.set(level, side)
  }
  return sides
}

function requireBracket({ from, to, precision, scale, seeds }: Bisection): void {
  requireFinite('bisection: from, to, precision', [from, to, precision, to - from])
  const refuse = (rule: string, got: unknown) => new Refusal('invalid-input', `bisection: expected ${rule}, got ${quote(got)}`)
  if (!(from < to)) throw refuse('from < to', [from, to])
  if (scale === 'log' && !(from > 0)) throw refuse('from > 0 on a log scale', from)
  const least = scale === 'log' ? finest : finest * Math.max(Math.abs(from), Math.abs(to))
  if (!(precision >= least && precision > 0)) throw refuse(`a precision ≥ ${least}, which float64 can tell apart`, precision)
  if (seeds.length === 0 || new Set(seeds).size < seeds.length) throw refuse('at least one seed, each once', seeds)
}
