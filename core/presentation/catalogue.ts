/**
 * Words from the catalogues of `resources/messages`, without a page: the format is vue-i18n's (named interpolation, plurals), so page,
 * report and command line read the same files. A key that a catalogue lacks is a bug, not an empty place.
 */
import { compile, createCoreContext, registerMessageCompiler, registerMessageResolver, resolveValue, translate } from '@intlify/core-base'
import { assert } from '#core/contract/errors.ts'
import type { Language } from '#core/contract/values.ts'
import type common from '../../resources/messages/en/common.json'
import type report from '../../resources/messages/en/report.json'
import { formatCount } from './digits.ts'

type Paths<T> = T extends string ? never : { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Paths<T[K]>}` }[keyof T & string]

/** Every key of the catalogues that page and report share, and of the report's own. */
export type MessageKey = Paths<typeof common> | Paths<typeof report>

/** What a catalogue file holds: sentences, by nested keys. */
export type Messages = { readonly [key: string]: string | Messages }

export type Named = Readonly<Record<string, string | number>>

/**
 * The sentence of a key in one language. Whole numbers are written with thin spaces; `n` or `count` picks the plural. The result
 * is text: who writes it into HTML or Markdown escapes it there, once.
 */
export type Catalogue = { (key: MessageKey, named?: Named): string; readonly language: Language }

export function createWords(language: Language, catalogues: readonly Messages[]): Catalogue {
  registerMessageCompiler(compile) // intlify keeps these two in its module; registering the same ones again changes nothing
  registerMessageResolver(resolveValue)
  const context = createCoreContext({
    locale: language,
    messages: { [language]: Object.assign({}, ...catalogues) as Messages }, // Object.assign is typed `any`; these are its inputs
    fallbackWarn: false,
    missingWarn: false,
    missing: (_, __, key) => {
      throw new Error(`bug: messages/${language}: no message "${key}"`)
    },
    processor: {
      type: 'text',
      interpolate: (value: unknown) => interpolate(value, language),
      normalize: (parts: readonly unknown[]) => parts.join(''),
    },
  })
  const say = (key: MessageKey, named: Named = {}): string => {
    const text = translate(context, key, named)
    assert(typeof text === 'string', `messages/${language}: "${key}" is not a sentence`)
    return text
  }
  return Object.assign(say, { language })
}

/** Every path that leads to a sentence, sorted: what two languages must have in common. */
export function messageKeys(messages: Messages): string[] {
  return Object.entries(messages)
    .flatMap(([key, value]) => (typeof value === 'string' ? [key] : messageKeys(value).map((rest) => `${key}.${rest}`)))
    .sort()
}

function interpolate(value: unknown, language: Language): string {
  if (typeof value === 'number') return Number.isInteger(value) ? formatCount(value, language) : String(value)
  assert(typeof value === 'string', 'a message names a value that was not given')
  return value
}
