/** The verdict on the page, in the sentences that the report uses; a rule without a finished run says what it will ask. */
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Study, VerdictPart } from '#core/contract/index.ts'
import { listOf, overallState, verdictSentences, verdictState, type Naming, type VerdictState } from '#core/presentation/sentences.ts'
import { useChartLook } from '../../composables/useChartLook.ts'
import { useFormats } from '../../composables/useFormats.ts'
import { useNames } from '../../composables/useNames.ts'
import { usePreferences } from '../../stores/preferences.ts'

export const ruleSigns: Readonly<Record<VerdictState, string>> = { holds: '✓', fails: '✕', open: '○' }

export type Rule = { readonly state: VerdictState; readonly text: string }
export type Verdict = { readonly rules: ComputedRef<readonly Rule[]>; readonly state: ComputedRef<VerdictState> }

export function useVerdict(study: () => Study): Verdict {
  const { t } = useI18n()
  const preferences = usePreferences()
  const { words } = useChartLook()
  const { metricName, factorName } = useNames()
  const { number } = useFormats()

  function openRule({ rule, metric, limit, upper, where }: VerdictPart): string {
    const levels = listOf(
      where.map(({ factor, label }) => t('verdict.level', { factor: factorName(study(), factor), label })),
      preferences.language,
    )
    return t(`page.rules.${rule}`, {
      metric: metricName(study(), metric),
      limit: number(limit),
      upper: upper === null ? '' : number(upper),
      of: levels === '' ? '' : t('page.rules.of', { levels }),
    })
  }

  function ruleOf(part: VerdictPart): readonly Rule[] {
    if (verdictState(part) === 'open') return [{ state: 'open', text: openRule(part) }]
    const { metrics, factors } = study()
    const naming: Naming = { metrics, factors }
    return verdictSentences([part], naming, words.value)
  }

  return { rules: computed(() => study().verdict.flatMap(ruleOf)), state: computed(() => overallState(study().verdict)) }
}
