/** Every factor beside the drawn ones held at one of its levels, or at all of them; the choices stand in the address, one for each factor. */
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { Study } from '#core/contract/index.ts'
import { useNames } from './useNames.ts'

const all = '*' // no level is called so: labels are numbers, kinds and lists

export type HeldField = {
  readonly path: string
  readonly label: string
  readonly choices: readonly { readonly value: string; readonly label: string }[]
  readonly chosen: string
}

export type HeldLevels = {
  readonly fields: ComputedRef<readonly HeldField[]>
  /** Path → label of what is held; a factor at all of its levels is not in it. */
  readonly where: ComputedRef<Readonly<Record<string, string>>>
  choose(path: string, value: string): void
}

/** Until the reader chooses, each is held at its first level. */
export function useHeldLevels(study: () => Study, drawn: () => readonly string[]): HeldLevels {
  const { t } = useI18n()
  const { factorName } = useNames()
  const route = useRoute()
  const router = useRouter()
  const fields = computed(() =>
    study()
      .factors.filter(({ path, levels }) => levels.length > 1 && !drawn().includes(path))
      .map(({ path, levels }): HeldField => {
        const asked = route.query[keyOf(path)]
        const labels = levels.map(({ label }) => label)
        const known = typeof asked === 'string' && (asked === all || labels.includes(asked))
        return {
          path,
          label: factorName(study(), path),
          choices: [...labels.map((label) => ({ value: label, label })), { value: all, label: t('page.curves.allLevels') }],
          chosen: known ? asked : (labels[0] ?? all),
        }
      }),
  )
  return {
    fields,
    where: computed(() => Object.fromEntries(fields.value.flatMap(({ path, chosen }) => (chosen === all ? [] : [[path, chosen]])))),
    choose: (path, value) => void router.replace({ query: { ...route.query, [keyOf(path)]: value } }),
  }
}

const keyOf = (path: string): string => `at.${path}`
