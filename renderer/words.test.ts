import { describe, expect, test } from 'vitest'
import { codeNames } from '#core/contract/errors.ts'
import { runStates } from '#core/contract/runs.ts'
import { messageKeys, type Messages } from '#core/presentation/catalogue.ts'
import commonEn from '../resources/messages/en/common.json' with { type: 'json' }
import pageEn from '../resources/messages/en/page.json' with { type: 'json' }
import pageJa from '../resources/messages/ja/page.json' with { type: 'json' }
import { createWords } from './words.ts'

const keys = messageKeys(pageEn)
const files = import.meta.glob(['./**/*.vue', './**/*.ts', '!./**/*.test.ts', '!./testing/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const sources = Object.entries(files).map(([path, text]) => ({ path, text }))

/** Every key that a source names: whole, or up to the part that is put in. */
const named = sources.flatMap(({ path, text }) =>
  [...text.matchAll(/[`'](page(?:\.[\w-]+)+\.?)(\$\{)?/g)].map(([, key = '', open]) => ({ path, key, isOpen: open !== undefined })),
)

function sentence(messages: Messages, key: string): string {
  const found = key
    .split('.')
    .reduce<string | Messages | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), messages)
  return typeof found === 'string' ? found : ''
}

const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()

describe('the words of the page', () => {
  test('both languages have the same keys', () => {
    expect(messageKeys(pageJa)).toEqual(keys)
  })

  test('both languages put in the same names', () => {
    for (const key of keys) expect(placeholders(sentence(pageJa, key)), key).toEqual(placeholders(sentence(pageEn, key)))
  })

  test('every key that a source names exists', () => {
    for (const { path, key, isOpen } of named) {
      const exists = isOpen ? keys.some((known) => known.startsWith(key)) : keys.includes(key)
      expect(exists, `${path}: ${key}`).toBe(true)
    }
  })

  test('every key is named by a source', () => {
    for (const key of keys) {
      const isNamed = named.some(({ key: used, isOpen }) => (isOpen ? key.startsWith(used) : used === key))
      expect(isNamed, key).toBe(true)
    }
  })

  test('every code has its next step, every state its end', () => {
    for (const code of [...codeNames, 'unreachable']) expect(keys).toContain(`page.nextSteps.${code}`)
    for (const state of runStates) expect(keys).toContain(`page.ends.${state}`)
  })

  test('no template holds text of its own', () => {
    for (const { path, text } of sources.filter((source) => source.path.endsWith('.vue'))) {
      const template = /<template>([\s\S]*)<\/template>/.exec(text)?.[1] ?? ''
      const words = template
        .replace(/<(?:"[^"]*"|[^>"])*>/g, ' ')
        .replace(/\{\{[\s\S]*?\}\}/g, ' ')
        .match(/\p{L}{2,}/gu)
      expect(words, path).toBeNull()
    }
  })

  test('every message of the page compiles in both languages', () => {
    const { t, locale } = createWords().global
    for (const language of ['en', 'ja'] as const) {
      locale.value = language
      for (const key of keys)
        expect(t(key, Object.fromEntries(placeholders(sentence(pageEn, key)).map((name) => [name, 'x'])), 2), key).not.toBe('')
    }
  })

  test('the page takes no name of the shared catalogue', () => {
    expect(Object.keys(pageEn).filter((name) => Object.hasOwn(commonEn, name))).toEqual([])
  })
})
