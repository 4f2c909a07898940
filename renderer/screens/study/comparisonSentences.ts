/** A comparison in sentences of the shared catalogue: one for each level, and never a test where one run is all there is. */
import type { ComparedLevel, Comparison } from '#core/contract/index.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatInterval, formatNumber, formatP } from '#core/presentation/digits.ts'

export function levelSentence(comparison: Comparison, level: ComparedLevel, words: Catalogue): string {
  const sentence = mainSentence(comparison, level, words)
  if (level.diverged === 0) return sentence
  return [sentence, words('comparison.diverged', { count: level.diverged })].join(words.language === 'ja' ? '' : ' ')
}

function mainSentence(comparison: Comparison, level: ComparedLevel, words: Catalogue): string {
  const { language } = words
  const { label, n, mean, difference, need } = level
  if (n === 0) return words('comparison.none', { label })
  if (label === comparison.baseline) return words('comparison.baseline', { label, mean: formatNumber(mean, language), n })
  if (need !== null) return words('comparison.need', { label, seeds: need.seeds, more: need.seeds - n })
  const value = formatNumber(difference?.value, language)
  if (difference === null || difference.pAdjusted === null) return words('comparison.noTest', { label, difference: value, baseline: comparison.baseline })
  const alpha = 1 - comparison.confidence
  return words(difference.pAdjusted < alpha ? 'comparison.different' : 'comparison.notDifferent', {
    label,
    baseline: comparison.baseline,
    difference: value,
    interval: formatInterval(difference.low, difference.high, language),
    p: formatP(difference.pAdjusted, language),
    level: formatNumber(alpha, language),
  })
}
