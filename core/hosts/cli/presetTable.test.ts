import { expect, test } from 'vitest'
import { renewTable } from './presetTable.ts'

const section = (name: string, ...signs: string[]) => ({
  name,
  text: `## ${name}\n\nWhy?\n\n| | value | why this limit |\n|---|---|---|\n${signs.map((sign) => `| ${sign} | v | |`).join('\n')}\n`,
})

test('a new document counts what holds', () => {
  const made = renewTable(null, [section('b', '✓', '✗'), section('a', '✓', '○')])
  expect(made).toMatch(/^# Presets\n\n2 of 4 values hold\. /)
  expect(made.match(/^## .*/gm)).toEqual(['## a', '## b'])
})

test('a check renews its own sections, and leaves the others as they are', () => {
  const before = renewTable(null, [section('a', '✓'), section('c', '✗')])
  const after = renewTable(before, [section('c', '✓'), section('b', '✓')])
  expect(after).toMatch(/^# Presets\n\n3 of 3 values hold\. /)
  expect(after.match(/^## .*/gm)).toEqual(['## a', '## b', '## c'])
  expect(after).toContain(section('a', '✓').text.trim())
})

test('renewing nothing changes nothing', () => {
  const document = renewTable(null, [section('a', '✓'), section('b', '✗', '✓')])
  expect(renewTable(document, [])).toBe(document)
})
