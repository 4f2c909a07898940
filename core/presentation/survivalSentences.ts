/** Times until an event in sentences, the same words on page, paper and terminal. */
import type { LevelSurvival, Survival } from '#core/contract/survival.ts'
import type { Language } from '#core/contract/values.ts'
import type { Catalogue } from './catalogue.ts'
import { formatCount, formatNumber, formatP } from './digits.ts'
import { listOf } from './sentences.ts'

/** The event as a formula: `Loss ≤ 0.1`; a title that compares something itself stands in parentheses. */
export function eventWords({ rule, limit }: Pick<Survival, 'rule' | 'limit'>, metric: string, { language }: Catalogue): string {
  const of = /[<>≤≥]/.test(metric) ? `(${metric})` : metric
  return `${of} ${rule === 'at-most' ? '≤' : '≥'} ${formatNumber(limit, language, { digits: 6 })}`
}

/** `[120, 160]`; `[120, ∞)` where the runs do not reach the upper end; null where there is no interval. */
export function medianInterval({ low, high }: LevelSurvival['median'], language: Language): string | null {
  if (low === null) return null
  return high === null ? `[${formatCount(low, language)}, ∞)` : `[${formatCount(low, language)}, ${formatCount(high, language)}]`
}

/** How runs without the event ended: `3 reached the last step, 1 diverged`. Empty where every run had it. */
export function censoredWords(censored: LevelSurvival['censored'], words: Catalogue): string {
  const kinds = ['lastStep', 'stopped', 'diverged', 'unfinished'] as const
  const said = kinds.filter((kind) => censored[kind] > 0).map((kind) => words(`survival.censored.${kind}`, { count: censored[kind] }))
  return listOf(said, words.language)
}

/** What the time is, one or two sentences for each level with the baseline first, the test of all levels, and what was left out or must be borne in mind. */
export function survivalSentences(survival: Survival, words: Catalogue): string[] {
  const { levels, baseline, where, pooled, resolution } = survival
  const { language } = words
  const held = Object.values(where)
  const ordered = [...levels.filter(({ label }) => label === baseline), ...levels.filter(({ label }) => label !== baseline)]
  return [
    ...(resolution === null ? [] : [words('survival.time', { resolution: formatCount(resolution, language), count: resolution })]),
    ...(held.length > 0 ? [words('comparison.held', { levels: listOf(held, language) })] : []),
    ...(pooled.length > 0 ? [words('comparison.pooled', { factors: listOf(pooled, language) })] : []),
    ...ordered.flatMap((level) => levelSentences(level, survival, words)),
    ...(levels.length > 2 ? overall(survival, words) : []),
    ...caveats(survival, words),
  ]
}

/** What must be read even by those who only look at the table: runs that are no replicates, levels of one run or none, and runs that say less than others. */
export function survivalWarnings(survival: Survival, words: Catalogue): string[] {
  const { levels, pooled } = survival
  return [
    ...(pooled.length > 0 ? [words('comparison.pooled', { factors: listOf(pooled, words.language) })] : []),
    ...levels.flatMap(({ label, n, need }) => {
      if (n === 0) return [words('survival.none', { label })]
      return need === null ? [] : [words('survival.need', { label, seeds: need.seeds })]
    }),
    ...caveats(survival, words),
  ]
}

function caveats({ levels }: Survival, words: Catalogue): string[] {
  const total = (of: (level: LevelSurvival) => number) => levels.reduce((sum, level) => sum + of(level), 0)
  const counts = {
    atStart: total((level) => level.atStart),
    unseen: total((level) => level.unseen),
    lost: total(({ censored }) => censored.diverged + censored.stopped),
  }
  const kinds = ['atStart', 'unseen', 'lost'] as const
  return kinds.filter((kind) => counts[kind] > 0).map((kind) => words(`survival.${kind}`, { count: counts[kind] }))
}

function levelSentences(level: LevelSurvival, { baseline, confidence, pooled }: Survival, words: Catalogue): string[] {
  const { language } = words
  const { label, n, events, median, test, censored, need } = level
  if (n === 0) return [words('survival.none', { label })]
  const interval = medianInterval(median, language)
  const percent = formatNumber(100 * confidence, language)
  const named = {
    label,
    n,
    events,
    median: formatCount(median.time, language),
    interval: interval === null ? '' : `${words('comparison.confidence', { percent })} ${interval}`,
    censored: censoredWords(censored, words),
  }
  const key = median.time === null ? 'noMedian' : interval === null ? 'median' : 'medianWithin'
  const some = events < n ? (`survival.${key}Censored` as const) : (`survival.${key}` as const)
  const times = words(events === 0 ? 'survival.noEvent' : some, named)
  if (label === baseline || pooled.length > 0) return [times]
  if (need !== null) return [times, words('survival.need', { label, seeds: need.seeds })]
  if (test === null) return [times, words('survival.noTest', { label })]
  const limit = 1 - confidence
  const tested = { label, p: formatP(test.pAdjusted, language), level: formatNumber(limit, language, { digits: 2 }) }
  return [times, words(test.pAdjusted < limit ? 'survival.different' : 'survival.notDifferent', tested)]
}

function overall({ test }: Survival, words: Catalogue): string[] {
  if (test === null) return []
  const { language } = words
  return [
    words('survival.overall', {
      chiSquare: formatNumber(test.chiSquare, language),
      degrees: test.degrees,
      p: formatP(test.p, language),
    }),
  ]
}
