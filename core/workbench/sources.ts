/** From what a caller gives (a preset's name, or a text) to a frozen study with its files. */
import { Refusal } from '#core/contract/errors.ts'
import type { StudySource } from '#core/contract/studies.ts'
import { fileReader } from '#core/learning/data/fileReader.ts'
import { planStacks, type DataSize, type Stack } from '#core/plan/plan.ts'
import { dataOf } from '#core/study/kinds.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { freezeStudy, readStudy, type Study } from '#core/study/study.ts'
import { openDataFiles, type DataFile, type DataFiles } from './files.ts'
import { presetText } from './presets.ts'

export type Source = {
  readonly study: Study
  readonly files: DataFiles
  readonly size: DataSize
  readonly stacks: readonly Stack[] // of all its runs
}

export function openSource({ preset, text, name, folder, overrides = [] }: StudySource, resources: string): Source {
  if ((preset === undefined) === (text === undefined))
    throw new Refusal('invalid-input', 'study: expected either a preset or a text, got both or neither')
  const file = readStudy({
    text: text ?? presetText(resources, preset ?? ''),
    name: name ?? (preset === undefined ? 'study' : `${preset}.yaml`),
    overrides,
  })
  const files = openDataFiles(folder ?? null, resources)
  const study = freezeStudy(file, (path) => files(path).sha256)
  const size = sizeOf(files)
  const stacks = planStacks(study, { size, isWanted: () => true }) // a fault of the data, or of what does not fit them, is told before a project is made for the study
  return { study, files, size, stacks }
}

/** Rows and columns of a cell's training part, from one draw of its data; a table is read, so that its faults are told before anything runs. */
export function sizeOf(files: (path: string) => Pick<DataFile, 'bytes' | 'name'>): DataSize {
  const known = new Map<string, ReturnType<DataSize>>()
  const reader = fileReader({ bytes: (path) => files(path).bytes, nameOf: (path) => files(path).name })
  return (study) => {
    const { kind, settings } = dataOf(study)
    const text = JSON.stringify(kind.shapeOf(settings))
    const size = known.get(text) ?? measure()
    known.set(text, size)
    return size
    function measure(): ReturnType<DataSize> {
      const { train, item } = kind.make(settings, rootKey({ base: 0, cell: '0'.repeat(64), replicate: 0 }), reader)
      return { rows: train.x.rows, inputs: train.x.columns, outputs: train.y.columns, ...(item === undefined ? {} : { item }) }
    }
  }
}
