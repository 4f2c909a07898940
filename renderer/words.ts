/** The page's words: the catalogue that page and report share, and the page's own. */
import { createI18n, type I18n } from 'vue-i18n'
import type { Language } from '#core/contract/values.ts'
import { createWords as createCatalogue, type Catalogue } from '#core/presentation/catalogue.ts'
import commonEn from '../resources/messages/en/common.json' with { type: 'json' }
import pageEn from '../resources/messages/en/page.json' with { type: 'json' }
import commonJa from '../resources/messages/ja/common.json' with { type: 'json' }
import pageJa from '../resources/messages/ja/page.json' with { type: 'json' }

const common = { en: commonEn, ja: commonJa } as const satisfies Record<Language, object>

/** A day with its time, and the time of the last saved byte. */
const datetimeFormats = {
  day: { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false },
} as const

export function createWords(): I18n<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>, string, false> {
  return createI18n({
    legacy: false,
    locale: 'en',
    fallbackLocale: 'en',
    messages: { en: { ...commonEn, ...pageEn }, ja: { ...commonJa, ...pageJa } },
    datetimeFormats: { en: datetimeFormats, ja: datetimeFormats },
  })
}

/** The shared catalogue in one language, for the charts. */
export function chartWords(language: Language): Catalogue {
  return createCatalogue(language, [common[language]])
}
