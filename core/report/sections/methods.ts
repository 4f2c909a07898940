/** How the numbers were made: training, the convention of weight decay, what counts as zero, the estimators. */
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatCount, formatNumber } from '#core/presentation/digits.ts'
import { listOf } from '#core/presentation/sentences.ts'
import type { Block } from '../document.ts'
import type { ReportModel } from '../model.ts'

export function methods(model: ReportModel, words: Catalogue): Block[] {
  const texts = [
    training(model, words),
    decay(model, words),
    zeros(model, words),
    estimators(model, words),
    diverged(model, words),
    stopped(model, words),
  ]
  return [
    { kind: 'heading', text: words('report.methods.heading') },
    ...texts.filter((text) => text !== '').map((text): Block => ({ kind: 'paragraph', text })),
  ]
}

function training({ methods: { steps, optimiser } }: ReportModel, words: Catalogue): string {
  const { language } = words
  const rates = [
    words('report.methods.rate', { values: numbers(optimiser.learningRate, words) }),
    ...(optimiser.momentum.some((value) => value !== 0)
      ? [words('report.methods.momentum', { values: numbers(optimiser.momentum, words) })]
      : []),
  ]
  return words('report.methods.training', {
    steps: formatCount(steps, language),
    optimiser: optimiser.kind.toUpperCase(),
    rates: rates.join(language === 'ja' ? '、' : ', '),
    batch: optimiser.batch === 'full' ? words('report.methods.fullBatch') : words('report.methods.batch', { batch: optimiser.batch }),
  })
}

function decay({ methods: { weightDecays, product } }: ReportModel, words: Catalogue): string {
  if (weightDecays.length === 0) return ''
  const text = words('report.methods.decay', {
    gammas: numbers(weightDecays, words),
    pytorch: numbers(
      weightDecays.map((gamma) => 2 * gamma),
      words,
    ),
  })
  return product ? joined([text, words('report.methods.decayProduct')], words) : text
}

function zeros({ methods: { zeroThreshold, exemption }, theory }: ReportModel, words: Catalogue): string {
  if (theory.length === 0) return ''
  return words('report.methods.zeros', { threshold: formatNumber(zeroThreshold, words.language), exemption: String(exemption) })
}

function estimators({ methods: { confidence } }: ReportModel, words: Catalogue): string {
  return words('report.methods.estimators', { percent: formatNumber(confidence * 100, words.language) })
}

function diverged({ runs }: ReportModel, words: Catalogue): string {
  const { language } = words
  if (runs.diverged.length === 0) return words('report.methods.noneDiverged')
  const entries = runs.diverged.map(({ levels, replicate, step, place }) =>
    words('report.methods.divergedEntry', {
      levels: levels.map(({ label }) => label).join(' · '),
      replicate,
      step: formatCount(step, language),
      place,
    }),
  )
  return words('report.methods.diverged', { list: entries.join(language === 'ja' ? '、' : '; ') })
}

/** Nothing where no gate stopped a run: most studies have no such gate. */
function stopped({ runs }: ReportModel, words: Catalogue): string {
  const { language } = words
  if (runs.stopped.length === 0) return ''
  const entries = runs.stopped.map(({ levels, replicate, step, gate }) =>
    words('report.methods.stoppedEntry', {
      levels: levels.map(({ label }) => label).join(' · '),
      replicate,
      step: formatCount(step, language),
      gate: gate + 1,
    }),
  )
  return words('report.methods.stopped', { list: entries.join(language === 'ja' ? '、' : '; ') })
}

function numbers(values: readonly number[], words: Catalogue): string {
  return listOf(
    [...new Set(values)].map((value) => formatNumber(value, words.language, { digits: 6 })),
    words.language,
  )
}

function joined(sentences: readonly string[], { language }: Catalogue): string {
  return sentences.join(language === 'ja' ? '' : ' ')
}
