/** The verdict of a study in sentences, as page and report say it, for the terminal. */
import type { Study } from '#core/contract/studies.ts'
import type { Language } from '#core/contract/values.ts'
import { verdictSentences } from '#core/presentation/sentences.ts'
import { reportWords } from '#core/report/words.ts'

const signs = { holds: '✓', fails: '✗', open: '…' } as const

export function verdictLines({ verdict, metrics, factors }: Study, language: Language): string[] {
  if (verdict.length === 0) return [] // a study without rules asks nothing
  const words = reportWords(language)
  return verdictSentences(verdict, { metrics, factors }, words).map(({ state, text }) => `${signs[state]} ${text}`)
}
