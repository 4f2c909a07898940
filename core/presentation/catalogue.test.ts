import { describe, expect, test } from 'vitest'
import enCommon from '../../resources/messages/en/common.json' with { type: 'json' }
import enReport from '../../resources/messages/en/report.json' with { type: 'json' }
import jaCommon from '../../resources/messages/ja/common.json' with { type: 'json' }
import jaReport from '../../resources/messages/ja/report.json' with { type: 'json' }
import { createWords, messageKeys, type MessageKey, type Messages } from './catalogue.ts'

const en = createWords('en', [enCommon, enReport])
const ja = createWords('ja', [jaCommon, jaReport])

/** Names in braces of a sentence, all its plurals together. */
function names(sentence: string): string[] {
  return [...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))].sort()
}

function sentence(messages: Messages, key: string): string {
  const found = key
    .split('.')
    .reduce<string | Messages | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), messages)
  return typeof found === 'string' ? found : ''
}

describe('catalogues', () => {
  test.each([
    ['common', enCommon, jaCommon],
    ['report', enReport, jaReport],
  ])('%s has the same keys in both languages', (_, english, japanese) => {
    expect(messageKeys(japanese)).toEqual(messageKeys(english))
  })

  test.each([
    ['common', enCommon, jaCommon],
    ['report', enReport, jaReport],
  ])('%s: a Japanese sentence names nothing that the English one does not know', (_, english, japanese) => {
    for (const key of messageKeys(english))
      expect(names(sentence(english, key)), key).toEqual(expect.arrayContaining(names(sentence(japanese, key))))
  })

  test('a bar between plurals is the only bar that is not quoted: every form has what the first one names', () => {
    for (const files of [enCommon, enReport, jaCommon, jaReport])
      for (const key of messageKeys(files)) {
        const [first = '', ...others] = sentence(files, key).replaceAll("{'|'}", '').split('|')
        for (const form of others) expect(names(form), key).toEqual(names(first))
      }
  })

  test('every message compiles and says something', () => {
    const files = { ...enCommon, ...enReport }
    for (const key of messageKeys(files)) {
      const named = Object.fromEntries(names(sentence(files, key)).map((name) => [name, 'x']))
      const typed = key as MessageKey // messageKeys walks the same files that the type is made from
      for (const words of [en, ja]) expect(words(typed, named), key).not.toBe('')
    }
  })
})

describe('words', () => {
  test('plurals follow n and count, and whole numbers have thin spaces', () => {
    expect(en('verdict.runs', { n: 1 })).toBe('run')
    expect(en('verdict.runs', { n: 0 })).toBe('runs')
    expect(en('chart.missing', { count: 50000 })).toBe('50\u202f000 missing values left open')
  })

  test('a value from outside is text, whatever signs it holds', () => {
    expect(en('verdict.level', { factor: '{x} | @:y', label: '<b>' })).toBe('{x} | @:y <b>')
  })

  test('a key without a message and a name without a value are bugs', () => {
    const unknown = 'chart.nothing' as MessageKey // a key that the type would refuse
    expect(() => en(unknown)).toThrow('messages/en: no message "chart.nothing"')
    expect(() => en('chart.showing', { shown: 1 })).toThrow('names a value that was not given')
  })
})
