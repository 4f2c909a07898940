/**
 * What came out, in sentences: a verdict's parts and a comparison's levels, the same words on page, paper and terminal. Each sentence is
 * a whole message of the catalogue; only names and numbers are put in.
 */
import type { ComparedLevel, Comparison } from '#core/contract/comparison.ts'
import type { Factor, Metric, VerdictPart } from '#core/contract/studies.ts'
import type { Language } from '#core/contract/values.ts'
import type { Catalogue, MessageKey } from './catalogue.ts'
import { formatCount, formatInterval, formatNumber, formatP } from './digits.ts'

export type VerdictState = 'holds' | 'fails' | 'open'
export type Sentence = { readonly state: VerdictState; readonly text: string }

/** The titles that a sentence needs, by name. */
export type Naming = { readonly metrics: readonly Metric[]; readonly factors: readonly Factor[] }

/** Rules that have a better sentence than "at most", because what their metric means is known: key when met, key when not. */
const special: Readonly<Record<string, { readonly limit: number | null; readonly met: MessageKey; readonly unmet: MessageKey }>> = {
  'oracle-distance-relative': { limit: null, met: 'verdict.agrees', unmet: 'verdict.agrees' },
  'zero-disagreements': { limit: 0, met: 'verdict.sameZeros', unmet: 'verdict.otherZeros' },
  zeros: { limit: 0, met: 'verdict.noZero', unmet: 'verdict.someZero' },
}

/** A part fails as soon as one run fails; it is open while no run has come to its end. */
export function verdictState({ passed, total }: Pick<VerdictPart, 'passed' | 'total'>): VerdictState {
  if (total === 0) return 'open'
  return passed === total ? 'holds' : 'fails'
}

/** The whole verdict: fails if a part fails, else is open if a part is open or there is none. */
export function overallState(parts: readonly VerdictPart[]): VerdictState {
  const states = parts.map(verdictState)
  if (states.includes('fails')) return 'fails'
  return states.length === 0 || states.includes('open') ? 'open' : 'holds'
}

/** One sentence for each part of a verdict, in its order. */
export function verdictSentences(parts: readonly VerdictPart[], naming: Naming, words: Catalogue): Sentence[] {
  if (parts.length === 0) return [{ state: 'open', text: words('verdict.noGates') }]
  if (parts.every(({ total }) => total === 0)) return [{ state: 'open', text: words('verdict.openSentence') }]
  return parts.filter(({ total }) => total > 0).map((part) => ({ state: verdictState(part), text: verdictSentence(part, naming, words) }))
}

function verdictSentence(part: VerdictPart, naming: Naming, words: Catalogue): string {
  const { language } = words
  const { metric, rule, limit, upper, passed, total } = part
  const title = naming.metrics.find(({ name }) => name === metric)?.title[language] ?? metric
  const named = {
    passed,
    total,
    n: total,
    failed: total - passed,
    runs: runsOf(part.of === 'each' ? part : { ...part, total: part.runs }, naming, words),
    metric: measured(part, title, words),
    limit: formatNumber(limit, language, { digits: 6 }),
    upper: formatNumber(upper, language, { digits: 6 }),
    worst: shownValue(part, part.worst, language),
    theory: part.theory?.[language] ?? words('verdict.theory'),
  }
  if (part.of !== 'each') return statisticSentence(part, named, words)
  const known = part.over === 'last' && part.relativeTo.length === 0 && Object.hasOwn(special, metric) ? special[metric] : undefined
  if (known !== undefined && rule === 'at-most' && (known.limit === null || known.limit === limit))
    return words(passed === total ? known.met : known.unmet, named)
  const share = words(shareKey(part), named)
  if (rule === 'within' && limit === upper && passed === total) return words('verdict.equalInAll', { ...named, share })
  const found = foundWords(part, named, words)
  return words(rule === 'within' && limit === upper ? 'verdict.equal' : `verdict.${rule}`, { ...named, share, found })
}

function shareKey({ passed, total, where }: VerdictPart): MessageKey {
  if (passed < total) return 'verdict.inSome'
  return where.length === 0 ? 'verdict.inAll' : 'verdict.inAllWith'
}

/** What the runs have: one value, the ends of their range, or whichever is furthest on the wrong side or nearest to it. */
function foundWords(part: VerdictPart, named: Readonly<Record<string, string | number>>, words: Catalogue): string {
  const { rule, limit, upper, passed, total, worst, least, most } = part
  if (worst === null || Number.isNaN(worst)) return words('verdict.found.none')
  const ends = { least: shownValue(part, least, words.language), most: shownValue(part, most, words.language) }
  if (least !== null && ends.least === ends.most) return words('verdict.found.same', { n: total, ...ends })
  if (rule === 'at-most') return words('verdict.found.largest', named)
  if (rule === 'at-least') return words('verdict.found.smallest', named)
  if (passed === total) return words('verdict.found.range', ends)
  return words(limit === upper ? 'verdict.found.off' : 'verdict.found.outside', named)
}

/** A value of a run: a range has ends of its own, and asks for more digits than one limit. */
function shownValue({ rule }: VerdictPart, value: number | null, language: Language): string {
  if (value !== null && Number.isInteger(value)) return formatNumber(value, language)
  return formatNumber(value, language, { digits: rule === 'within' ? 4 : 2 })
}

/** What of a metric a rule looks at, as a sentence begins with it: its last value needs no word. */
function measured({ over, relativeTo }: VerdictPart, title: string, words: Catalogue): string {
  const metric = overWords(over, title, words)
  if (relativeTo.length === 0) return metric
  const baseline = relativeTo.map(({ label }) => label)
  return words('verdict.relativeTo', { metric, baseline: listOf(baseline, words.language) })
}

function overWords(over: VerdictPart['over'], title: string, words: Catalogue): string {
  if (over === 'last-half') return words('verdict.lastHalf', { metric: title })
  if (typeof over !== 'object' || over === null || Array.isArray(over)) return title
  const { firstAtLeast, firstAtMost, after = 0 } = over as { firstAtLeast?: number; firstAtMost?: number; after?: number } // as the study's schema has it
  const { language } = words
  const rule = firstAtLeast === undefined ? 'firstAtMost' : 'firstAtLeast'
  return words(after === 0 ? `verdict.${rule}` : `verdict.${rule}After`, {
    metric: within(title, language),
    value: formatNumber(firstAtLeast ?? firstAtMost, language),
    after: formatCount(after, language),
  })
}

/** The sentence of a mean or median: its value with its interval, and what it was to be. */
function statisticSentence(part: VerdictPart, named: Readonly<Record<string, string | number>>, words: Catalogue): string {
  const { language } = words
  const { of, rule, value, interval, runs } = part
  const shown = formatNumber(value, language, interval === null ? {} : { ...halfWidth(interval), showUncertainty: false })
  const sentence = words(`verdict.statistic.${rule}`, {
    ...named,
    statistic: words(of === 'median' ? 'verdict.median' : 'verdict.mean'),
    n: runs,
    value: interval === null ? shown : `${shown} ${formatInterval(interval.low, interval.high, language)}`,
  })
  if (part.theory === null || part.predicted === null) return sentence
  return `${sentence}${language === 'ja' ? '' : ' '}${words('verdict.predictedMean', { theory: part.theory[language], predicted: formatNumber(part.predicted, language) })}`
}

function runsOf({ where, total }: VerdictPart, { factors }: Naming, words: Catalogue): string {
  if (where.length === 0) return words('verdict.runs', { n: total })
  const { language } = words
  const levels = where.map(({ factor, label }) => {
    const title = factors.find(({ path }) => path === factor)?.title[language] ?? factor
    return words('verdict.level', { factor: within(title, language), label })
  })
  return words('verdict.runsWith', { n: total, levels: listOf(levels, language) })
}

/** One sentence for each level of a comparison, the baseline's first, and one each for the runs that diverged, are infinite or were stopped. */
export function comparisonSentences(comparison: Comparison, words: Catalogue): string[] {
  const { levels, baseline } = comparison
  const diverged = levels.reduce((sum, level) => sum + level.diverged, 0)
  const infinite = levels.reduce((sum, level) => sum + level.infinite, 0)
  const stopped = levels.reduce((sum, level) => sum + level.stopped, 0)
  const ordered = [...levels.filter(({ label }) => label === baseline), ...levels.filter(({ label }) => label !== baseline)]
  const { where, pooled } = comparison
  const held = Object.values(where)
  return [
    ...(held.length > 0 ? [words('comparison.held', { levels: listOf(held, words.language) })] : []),
    ...(pooled.length > 0 ? [words('comparison.pooled', { factors: listOf(pooled, words.language) })] : []),
    ...ordered.map((level) => levelSentence(level, comparison, words)),
    ...(diverged > 0 ? [words('comparison.diverged', { count: diverged })] : []),
    ...(infinite > 0 ? [words('comparison.infinite', { count: infinite })] : []),
    ...(stopped > 0 ? [words('comparison.stopped', { count: stopped })] : []),
  ]
}

function levelSentence(level: ComparedLevel, { baseline, confidence }: Comparison, words: Catalogue): string {
  const { language } = words
  const { label, n, mean, need, difference } = level
  if (n === 0) return words('comparison.none', { label })
  if (need !== null) return words('comparison.need', { label, seeds: need.seeds, more: Math.max(1, need.seeds - n) })
  if (label === baseline) return words('comparison.baseline', { label, n, mean: formatNumber(mean, language, halfWidth(level.interval)) })
  if (difference === null || difference.pAdjusted === null)
    return words('comparison.noTest', { label, difference: formatNumber(difference?.value, language) })
  const percent = formatNumber(confidence * 100, language)
  const limit = 1 - confidence
  return words(difference.pAdjusted < limit ? 'comparison.different' : 'comparison.notDifferent', {
    label,
    difference: formatNumber(difference.value, language, { ...halfWidth(difference), showUncertainty: false }),
    interval: `${words('comparison.confidence', { percent })} ${formatInterval(difference.low, difference.high, language)}`,
    p: formatP(difference.pAdjusted, language),
    level: formatNumber(limit, language, { digits: 2 }),
  })
}

/** Half of an interval: what gives the number inside it its digits. */
export function halfWidth(interval: { readonly low: number | null; readonly high: number | null } | null): { uncertainty?: number } {
  if (interval === null || interval.low === null || interval.high === null) return {}
  return { uncertainty: (interval.high - interval.low) / 2 }
}

/** Items joined as the language joins them: `a, b and c`. */
export function listOf(items: readonly string[], language: Language): string {
  return language === 'ja' ? items.join('、') : new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(items)
}

/** A title in the middle of an English sentence loses its capital, unless it is an acronym or a name in capitals. */
export function within(title: string, language: Language): string {
  return language === 'en' && /^\p{Lu}\p{Ll}/u.test(title) ? `${title.charAt(0).toLowerCase()}${title.slice(1)}` : title
}
