/** The theory's critical level for every seed of a bisection, on the data that the seed draws; worked out once and kept. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Refusal } from '#core/contract/errors.ts'
import type { Dataset } from '#core/learning/data/data.ts'
import { fileReader } from '#core/learning/data/fileReader.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import type { Cell } from '#core/study/cells.ts'
import { criticalLevel, type CriticalLevel } from '#core/study/criticalLevel.ts'
import type { BisectionSettings } from '#core/study/designs/bisectionDesign.ts'
import { dataOf } from '#core/study/kinds.ts'
import type { StudyFile } from '#core/study/schema.ts'
import type { Study } from '#core/study/study.ts'
import type { Readable } from '#core/store/statements.ts'
import { pairedCell } from './studies.ts'

/** Of one run's data; beyond it the prediction is no matter for the host's process, which trains nothing either. */
const mostEntries = 100_000

type Asked = {
  readonly study: Study
  readonly files: Readonly<Record<string, string>> // path in the study → stored bytes
  readonly ends: readonly [Cell, Cell] // of one combination
  readonly replicate: number
}

const known = new WeakMap<Readable, Map<string, CriticalLevel | null>>()

/** Null where the theory says nothing, or where the seed draws other data at every level, each with a critical level of its own. */
export function criticalLevelOf(db: Readable, design: BisectionSettings, asked: Asked): CriticalLevel | null {
  const { study, ends, replicate } = asked
  const kept = known.get(db) ?? new Map<string, CriticalLevel | null>()
  known.set(db, kept)
  const name = `${study.id}.${ends[0].hash}.${replicate}`
  const found = kept.get(name)
  if (found !== undefined) return found
  const made = workedOut(design, asked)
  kept.set(name, made)
  return made
}

function workedOut(design: BisectionSettings, { study, files, ends, replicate }: Asked): CriticalLevel | null {
  const { seeds } = study.file
  const cells = seeds.paired ? [pairedCell] : ends.map(({ hash }) => hash)
  const levels = cells.map((cell) => {
    const key = split(rootKey({ base: seeds.base, cell, replicate }), 'data')
    const [{ study: start }] = ends
    return quietly(() => criticalLevel(start, design, drawn(files, key)))
  })
  const [first = null, second = first] = levels
  if (first === null || second === null) return null
  return Math.abs(first.level - second.level) <= 1e-9 * Math.abs(first.level) ? first : null
}

/** A study trains without its theory too: what the closed form refuses is no value. */
function quietly(make: () => CriticalLevel | null): CriticalLevel | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}

/** The data of one run, drawn again only if their settings are others. */
function drawn(files: Readonly<Record<string, string>>, key: ReturnType<typeof split>): (study: StudyFile) => Dataset {
  const reader = fileReader({ bytes: (path) => readFileSync(files[path] ?? path), nameOf: (path) => basename(path) })
  let last: { readonly settings: string; readonly data: Dataset } | null = null
  return (study) => {
    const { kind, settings } = dataOf(study)
    const text = JSON.stringify(settings)
    if (last?.settings === text) return last.data
    const data = kind.make(settings, key, reader)
    const { x, y } = data.train
    if (x.values.length + y.values.length > mostEntries)
      throw new Refusal('invalid-input', `data: expected at most ${mostEntries} entries for a critical level, got more`)
    last = { settings: text, data }
    return data
  }
}
