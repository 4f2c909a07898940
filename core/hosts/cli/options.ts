/** Options that several commands share. */
import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { StudySource } from '#core/contract/studies.ts'
import { nearest } from '#core/study/text/nearest.ts'
import type { Readable } from '#core/store/statements.ts'
import { listStudies, readStudyByNameOrId, type StoredStudy } from '#core/store/studies.ts'
import type { Where } from '#core/workbench/levels.ts'
import { presetNames } from '#core/workbench/presets.ts'
import { resources } from '../node.ts'

const mostStudyBytes = 2 ** 20

/** A STUDY argument: a file, or a preset's name. */
export function sourceOf(study: string, overrides: readonly string[] = []): StudySource {
  if (presetNames(resources).includes(study)) return { preset: study, folder: process.cwd(), overrides: [...overrides] }
  return { text: studyText(study), name: basename(study), folder: dirname(resolve(study)), overrides: [...overrides] }
}

function studyText(path: string): string {
  try {
    if (statSync(path).size > mostStudyBytes)
      throw new Refusal('invalid-input', `STUDY: expected a file of at most ${mostStudyBytes} bytes, got more in ${quote(path)}`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Refusal) throw error
    const hint = nearest(path, presetNames(resources))
    const presets = presetNames(resources).join(', ')
    throw new Refusal(
      'not-found',
      `STUDY: expected a file or one of the presets ${presets}, got ${quote(path)}${hint === undefined ? '' : `; did you mean ${hint}?`}`,
    )
  }
}

/** Where a study's project is when nobody says: `./NAME.kagami`. */
export function projectOf(name: string, given: string | undefined): string {
  return given ?? join('.', `${name}.kagami`)
}

/** The study that is meant: by name or id, or the only one of the project. */
export function chooseStudy(db: Readable, given: string | undefined): StoredStudy {
  if (given !== undefined) return readStudyByNameOrId(db, given)
  const studies = listStudies(db)
  const [only, second] = studies
  if (only === undefined) throw new Refusal('not-found', 'project: expected a study in it, got none')
  if (second !== undefined)
    throw new Refusal('invalid-input', `--study: expected one of ${studies.map(({ id }) => id).join(', ')}, got nothing`)
  return only
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const rule = most === Number.MAX_SAFE_INTEGER ? `≥ ${least}` : `in ${least} … ${most}`
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`expected a whole number ${rule}, got ${quote(text)}`)
    return value
  }
}

export function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0) || value > 86_400)
    throw new InvalidArgumentError(`expected seconds > 0 and ≤ 86400, got ${quote(text)}`)
  return value
}

/** `--where factor=label`, again and again: the levels at which factors are held. */
export function withWhere(command: Command): Command {
  return command.option('--where <factor=level>', 'only runs at this level of a factor, e.g. model=linear; may be repeated', collectWhere)
}

function collectWhere(text: string, before: Where = {}): Where {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError(`expected factor=level, got ${quote(text)}`)
  const factor = text.slice(0, at)
  if (Object.hasOwn(before, factor)) throw new InvalidArgumentError(`expected one level of ${quote(factor)}, got a second`)
  return { ...before, [factor]: text.slice(at + 1) }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** `--set path=value`, again and again. */
export function withOverrides(command: Command): Command {
  return command.option('--set <path=value>', 'override a field of the study, e.g. training.steps=1000', collect)
}
