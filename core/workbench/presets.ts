/** The studies that ship with the program. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Preset } from '#core/contract/studies.ts'
import { dataOf } from '#core/study/kinds.ts'
import { freezeStudy, readStudy, runCounts } from '#core/study/study.ts'
import { nearest } from '#core/study/text/nearest.ts'

export function presetNames(resources: string): string[] {
  return readdirSync(join(resources, 'presets'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort()
}

/** The text of a preset. Fails: 'not-found' with the nearest name. */
export function presetText(resources: string, name: string): string {
  const names = presetNames(resources)
  if (names.includes(name)) return readFileSync(join(resources, 'presets', `${name}.yaml`), 'utf8')
  const hint = nearest(name, names)
  throw new Refusal(
    'not-found',
    `preset: expected one of ${names.join(', ')}, got ${quote(name)}${hint === undefined ? '' : `; did you mean ${hint}?`}`,
  )
}

export function listPresets(resources: string): Preset[] {
  return presetNames(resources).map((name) => {
    const text = presetText(resources, name)
    const file = readStudy({ text, name: `${name}.yaml`, overrides: [] })
    const { most } = runCounts(freezeStudy(file, () => '0'.repeat(64))) // counted, not named: files need not be there
    const title = file.title ?? { en: file.name, ja: file.name }
    return { name, title, question: file.question ?? title, text, runs: most, files: filesToGive({ name, text }) }
  })
}

/** The files that a preset reads and that do not come with the program: they are to be given. */
export function filesToGive({ name, text }: Pick<Preset, 'name' | 'text'>): string[] {
  const { kind, settings } = dataOf(readStudy({ text, name: `${name}.yaml`, overrides: [] }))
  return kind.files(settings).filter((path) => !path.startsWith('resource:'))
}
