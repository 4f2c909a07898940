/** Where transitions lie, in sentences, the same words on page, paper and terminal. */
import type { BracketState, Transition } from '#core/contract/transitions.ts'
import type { Language } from '#core/contract/values.ts'
import type { Catalogue } from './catalogue.ts'
import { formatInterval, formatNumber } from './digits.ts'
import { halfWidth, listOf, within, type Naming } from './sentences.ts'

/** What counts as above, then the sentences of each combination of other factors, which they name where there are several. */
export function transitionSentences(transitions: readonly Transition[], { metrics }: Pick<Naming, 'metrics'>, words: Catalogue): string[] {
  const [first] = transitions
  if (first === undefined) return []
  const { language } = words
  const { metric, atMost, atLeast, over } = first.above
  const title = within(metrics.find(({ name }) => name === metric)?.title[language] ?? metric, language)
  const rule = words(atMost === null ? 'transition.aboveAtLeast' : 'transition.aboveAtMost', {
    metric: over === 'last-half' ? words('verdict.lastHalf', { metric: title }) : title,
    limit: formatNumber(atMost ?? atLeast, language, { digits: 6 }),
  })
  return [
    ...(typeof over === 'string' ? [rule] : []), // a rule about times is read in the study's text
    ...transitions.map((one) => {
      const said = sentencesOf(one, words).join(language === 'ja' ? '' : ' ')
      const levels = listOf(
        one.where.map(({ label }) => label),
        language,
      )
      return one.where.length === 0 ? said : words('transition.of', { levels, sentence: said })
    }),
  ]
}

/** Where one transition lies, what keeps it from being known, and where the theory has it. */
export function sentencesOf(transition: Transition, words: Catalogue): string[] {
  const { language } = words
  const { wanted, failure, brackets, theory, oracle } = transition
  if (wanted > 0) return [words('transition.open', { count: wanted })]
  const main =
    failure === null
      ? [placeOf(transition, words), ...othersOf(transition, words)]
      : [`${failure[language]}${language === 'ja' ? '。' : '.'}`]
  if (theory === null) return main
  const away = Math.max(...brackets.map(({ low, high, theory: own }) => distanceOf(own ?? theory, low ?? -Infinity, high ?? Infinity)))
  const named = {
    oracle: oracle ?? '',
    theory: formatNumber(theory, language, digitsOf(transition)),
    distance: formatNumber(away, language, { digits: 2 }),
  }
  const isBounded = brackets.some(({ low, high }) => low !== null || high !== null)
  if (!isBounded) return [...main, words('transition.theoryAlone', named)] // the whole line holds every level: that says nothing
  return [...main, words(away > 0 ? 'transition.theory' : 'transition.theoryHeld', named)]
}

/** From a level to a bracket; 0 inside it. */
function distanceOf(level: number, low: number, high: number): number {
  return Math.max(0, low - level, level - high)
}

function placeOf(transition: Transition, words: Catalogue): string {
  const { language } = words
  const { title, confidence, brackets, mean, median, medianInterval, from, to } = transition
  const factor = within(title[language], language)
  const number = (value: number | null) => formatNumber(value, language, digitsOf(transition))
  const n = brackets.length
  if (mean !== null && mean.interval === null) {
    const [bracket] = brackets
    return words('transition.one', { factor, low: number(bracket?.low ?? null), high: number(bracket?.high ?? null) })
  }
  if (mean !== null && mean.interval !== null) {
    const percent = formatNumber(100 * confidence, language)
    const interval = `${words('comparison.confidence', { percent })} ${formatInterval(mean.interval.low, mean.interval.high, language)}`
    const value = formatNumber(mean.value, language, { ...halfWidth(mean.interval), showUncertainty: false })
    return words('transition.mean', { factor, value, n, interval })
  }
  const crossed = brackets.filter(({ state }) => state === 'crossed').length
  const named = { factor, crossed, n, from: number(from), to: number(to) }
  if (median === null) return words('transition.noMedian', named)
  if (medianInterval === null) return words('transition.median', { ...named, median: number(median) })
  const percent = formatNumber(100 * medianInterval.coverage, language)
  const interval = `${words('comparison.confidence', { percent })} ${openInterval(medianInterval, language, number)}`
  return words('transition.medianWithin', { ...named, median: number(median), interval })
}

/** Seeds that do not cross, by why. */
function othersOf({ brackets }: Transition, words: Catalogue): string[] {
  const states = ['beyond', 'before', 'reversed', 'without-value'] as const satisfies readonly BracketState[]
  return states.flatMap((state) => {
    const count = brackets.filter((one) => one.state === state).length
    return count === 0 ? [] : [words(`transition.${state}`, { count })]
  })
}

function openInterval(
  { low, high }: { readonly low: number | null; readonly high: number | null },
  language: Language,
  number: (value: number | null) => string,
): string {
  if (low !== null && high !== null) return formatInterval(low, high, language)
  return `${low === null ? '(\u2212∞' : `[${number(low)}`}, ${high === null ? '∞)' : `${number(high)}]`}`
}

/** As many digits as a bracket of the wanted precision has. */
function digitsOf({ scale, from, to, precision }: Pick<Transition, 'scale' | 'from' | 'to' | 'precision'>): { readonly digits: number } {
  const relative = scale === 'log' ? precision : precision / Math.max(Math.abs(from), Math.abs(to))
  return { digits: Math.min(12, Math.max(3, Math.ceil(-Math.log10(relative)) + 2)) }
}
