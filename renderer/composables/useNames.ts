/** What things are called on the page: states and outcomes by the shared catalogue, metrics and factors by their study. */
import { useI18n } from 'vue-i18n'
import type { Outcome, Run, RunState, Study } from '#core/contract/index.ts'
import { usePreferences } from '../stores/preferences.ts'
import { useFormats } from './useFormats.ts'

export type Names = {
  stateName(state: RunState): string
  outcomeName(outcome: Outcome): string
  /** What a run has come to: its outcome once it has one, its state before. */
  runWords(run: Run): string
  metricName(study: Study, metric: string): string
  factorName(study: Study, path: string): string
}

export function useNames(): Names {
  const { t } = useI18n()
  const preferences = usePreferences()
  const { count } = useFormats()

  const stateName = (state: RunState): string => t(`state.${state}`)

  function outcomeName(outcome: Outcome): string {
    switch (outcome.kind) {
      case 'reached-last-step':
        return t('outcome.reached-last-step')
      case 'diverged':
        return t('page.runs.diverged', { step: count(outcome.step), place: outcome.place })
      case 'stopped-by-gate':
        return t('page.runs.stoppedByGate', { step: count(outcome.step), gate: count(outcome.gate + 1) })
      default:
        return outcome satisfies never
    }
  }

  return {
    stateName,
    outcomeName,
    runWords: (run) => (run.outcome === null ? stateName(run.state) : outcomeName(run.outcome)),
    metricName: (study, metric) => study.metrics.find(({ name }) => name === metric)?.title[preferences.language] ?? metric,
    factorName: (study, path) => study.factors.find((factor) => factor.path === path)?.title[preferences.language] ?? path,
  }
}
