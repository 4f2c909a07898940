/** The verdict on the page: its sentences, each with a sign, so that no colour has to be seen. */
import { computed, type ComputedRef } from 'vue'
import type { Study } from '#core/contract/index.ts'
import { useChartLook } from '../../composables/useChartLook.ts'
import { verdictRules, verdictState, type Rule, type RuleState } from './verdictSentences.ts'

export const ruleSigns: Readonly<Record<RuleState, string>> = { holds: '✓', fails: '✕', open: '○' }

export type Verdict = { readonly rules: ComputedRef<readonly Rule[]>; readonly state: ComputedRef<RuleState | null> }

export function useVerdict(study: () => Study): Verdict {
  const { words } = useChartLook()
  return { rules: computed(() => verdictRules(study(), words.value)), state: computed(() => verdictState(study())) }
}
