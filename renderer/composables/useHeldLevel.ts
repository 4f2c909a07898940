/** Another factor held at one of its levels, for curves and comparisons alike: the choice stands in the address once. */
import { computed, type ComputedRef, type WritableComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Study } from '#core/contract/index.ts'
import { otherFactors, type HeldLevel } from '../screens/study/curvesData.ts'
import { useNames } from './useNames.ts'
import { useQueryState } from './useQueryState.ts'

const all = 'all'

export type HeldChoice = {
  readonly chosen: WritableComputedRef<string>
  readonly choices: ComputedRef<readonly { readonly value: string; readonly label: string }[]>
  readonly label: ComputedRef<string> // of the field: the names of the other factors
  readonly held: ComputedRef<HeldLevel | null>
}

/** Until the reader chooses, the first other factor is held at its first level: a mean over a model and its control is the mean of nothing. */
export function useHeldLevel(study: () => Study, factor: () => string): HeldChoice {
  const { t } = useI18n()
  const { factorName } = useNames()
  const others = computed(() => otherFactors(study(), factor()))
  const levels = computed(() => others.value.flatMap(({ path, levels: own }) => own.map(({ label }) => ({ factor: path, label }))))
  const choices = computed(() => [
    { value: all, label: t('page.curves.allLevels') },
    ...levels.value.map((level) => ({ value: nameOf(level), label: level.label })),
  ])
  const chosen = useQueryState('only', {
    allowed: () => choices.value.map(({ value }) => value),
    fallback: () => choices.value[1]?.value ?? all,
  })
  return {
    chosen,
    choices,
    label: computed(() => others.value.map(({ path }) => factorName(study(), path)).join(', ')),
    held: computed(() => levels.value.find((level) => nameOf(level) === chosen.value) ?? null),
  }
}

const nameOf = ({ factor, label }: HeldLevel): string => `${factor}=${label}`
