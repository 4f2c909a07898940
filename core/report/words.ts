/** The catalogues that a report reads, as one lookup for a language. */
import { createWords, type Catalogue } from '#core/presentation/catalogue.ts'
import type { Language } from '#core/contract/values.ts'
import enCommon from '../../resources/messages/en/common.json' with { type: 'json' }
import enReport from '../../resources/messages/en/report.json' with { type: 'json' }
import jaCommon from '../../resources/messages/ja/common.json' with { type: 'json' }
import jaReport from '../../resources/messages/ja/report.json' with { type: 'json' }

const catalogues = { en: [enCommon, enReport], ja: [jaCommon, jaReport] } as const

export function reportWords(language: Language): Catalogue {
  return createWords(language, catalogues[language])
}
