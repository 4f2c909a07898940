/** How this user wants the page: language and theme, remembered by the browser. */
import { usePreferredDark, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { languages, type Language } from '#core/contract/values.ts'

export const themeChoices = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof themeChoices)[number]
export type ThemeName = 'light' | 'dark'

/** The program's language for a browser that prefers `tags`, in order. */
export function preferredLanguage(tags: readonly string[]): Language {
  for (const tag of tags) {
    const found = languages.find((language) => tag.toLowerCase().split('-')[0] === language)
    if (found !== undefined) return found
  }
  return 'en'
}

export const usePreferences = defineStore('preferences', () => {
  const storedLanguage = useStorage<string>('kagami.language', '')
  const storedTheme = useStorage<string>('kagami.theme', 'system')
  const prefersDark = usePreferredDark()

  const language = computed<Language>({
    get: () => languages.find((known) => known === storedLanguage.value) ?? preferredLanguage(globalThis.navigator?.languages ?? []),
    set: (value) => (storedLanguage.value = value),
  })
  const themeChoice = computed<ThemeChoice>({
    get: () => themeChoices.find((known) => known === storedTheme.value) ?? 'system',
    set: (value) => (storedTheme.value = value),
  })
  const theme = computed<ThemeName>(() => {
    if (themeChoice.value !== 'system') return themeChoice.value
    return prefersDark.value ? 'dark' : 'light'
  })

  return { language, themeChoice, theme }
})
