/** From times until an event to what the survival chart draws, and what event is meant until the reader chooses one. */
import type { Study, Survival, VerdictPart } from '#core/contract/index.ts'
import type { SurvivalData } from '#core/presentation/charts/survival.ts'
import { chartMetric } from './curvesData.ts'

export type EventRule = { readonly metric: string; readonly rule: Survival['rule']; readonly limit: string; readonly after: string }

/**
 * The first gate about a first step says what event the study is about; without one a metric that says of a run whether it has collapsed does.
 * Where neither is there, the limit is empty: the reader has to say it.
 */
export function eventOf(study: Study, metric: string | null): EventRule {
  const rules = [
    ...study.verdict.flatMap(ruleOf),
    ...study.metrics.filter(({ name }) => name === 'collapsed').map(({ name }) => collapsed(name)),
  ]
  const found = rules.find((rule) => metric === null || rule.metric === metric)
  return found ?? { metric: metric ?? study.metrics[0]?.name ?? '', rule: 'at-most', limit: '', after: '0' }
}

function ruleOf({ metric, over }: VerdictPart): EventRule[] {
  if (typeof over !== 'object' || over === null || !('after' in over)) return []
  const { firstAtLeast, firstAtMost } = over
  const after = typeof over['after'] === 'number' ? String(over['after']) : '0'
  if (typeof firstAtLeast === 'number') return [{ metric, rule: 'at-least', limit: String(firstAtLeast), after }]
  return typeof firstAtMost === 'number' ? [{ metric, rule: 'at-most', limit: String(firstAtMost), after }] : []
}

const collapsed = (metric: string): EventRule => ({ metric, rule: 'at-least', limit: '1', after: '0' })

/** A finite number, or null for a text that is none. */
export function numberIn(text: string): number | null {
  const value = text.trim() === '' ? Number.NaN : Number(text.replace('−', '-'))
  return Number.isFinite(value) ? value : null
}

/** A step, or null for a text that is none. */
export function stepIn(text: string): number | null {
  const value = numberIn(text)
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null
}

export function survivalData(study: Study, survival: Survival, logTime: boolean): SurvivalData {
  const factor = study.factors.find(({ path }) => path === survival.factor)
  return {
    metric: chartMetric(study, survival.metric),
    factor: factor ?? { title: { en: survival.factor, ja: survival.factor }, ordered: false },
    survival,
    logTime,
  }
}
