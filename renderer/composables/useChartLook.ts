/** What every chart takes besides its data: the theme, and the shared words in the reader's language. */
import { computed, type ComputedRef } from 'vue'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import type { Theme } from '#core/presentation/theme.ts'
import { usePreferences } from '../stores/preferences.ts'
import { chartWords } from '../words.ts'

export function useChartLook(): { readonly theme: ComputedRef<Theme>; readonly words: ComputedRef<Catalogue> } {
  const preferences = usePreferences()
  return { theme: computed(() => preferences.theme), words: computed(() => chartWords(preferences.language)) }
}
