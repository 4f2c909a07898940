/** Runs that are held at levels of their factors: `where` maps a factor's path to the label of one of its levels. */
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Factor } from '#core/contract/studies.ts'
import { nearest } from '#core/study/text/nearest.ts'

export type Where = Readonly<Record<string, string>>

/** Refuses a factor that the study does not have, and a label that none of its levels has, with those that there are. */
export function requireLevels(factors: readonly Factor[], where: Where): void {
  for (const [path, label] of Object.entries(where)) {
    const labels = factorAt(factors, path, `where.${path}`).levels.map((level) => level.label)
    if (!labels.includes(label)) throw unknown(`where.${path}`, { got: label, known: labels })
  }
}

/** The factor of a study with this path; `field` names what a sentence speaks about. */
export function factorAt(factors: readonly Factor[], path: string, field: string): Factor {
  const found = factors.find((factor) => factor.path === path)
  if (found === undefined) throw unknown(field, { got: path, known: factors.map((factor) => factor.path) })
  return found
}

export function isAtLevels({ levels }: Pick<Run, 'levels'>, where: Where): boolean {
  return Object.entries(where).every(([factor, label]) => levels.some((level) => level.factor === factor && level.label === label))
}

/** What is not among the known words, with the nearest of them. */
export function unknown(field: string, { got, known }: { got: string; known: readonly string[] }): Refusal {
  const hint = nearest(got, known)
  const rule = known.length === 0 ? 'nothing, since the study has none' : `one of ${known.join(', ')}`
  return new Refusal('invalid-input', `${field}: expected ${rule}, got ${quote(got)}${hint === undefined ? '' : `; did you mean ${hint}?`}`)
}
