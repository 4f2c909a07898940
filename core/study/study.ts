/**
 * From the text of a study to the frozen study: every default resolved, every level checked, the hash that names it.
 */
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson, sha256Hex } from '#core/formats/canonicalJson.ts'
import { cellsOf, resolveFactors, type Cell } from './cells.ts'
import { roundsOf } from './designs/bisection.ts'
import type { Asked } from './designs/bisectionDesign.ts'
import { factsOf } from './facts.ts'
import { dataOf } from './kinds.ts'
import type { Gate } from './gates.ts'
import { mostRuns, studySchema, studyVersion, type StudyFile } from './schema.ts'
import { hintFor } from './text/nearest.ts'
import { applyOverride } from './text/overrides.ts'
import { explainProblems } from './text/problems.ts'
import { parseYaml } from './text/yamlText.ts'

export type Study = {
  readonly id: string
  readonly hash: string // SHA-256 of the canonical resolved study, the count of seeds left out: seeds can be added later
  readonly file: StudyFile
  readonly cells: readonly Cell[]
}

/** The SHA-256 of a file that a study names, so that the frozen study names its bytes. */
export type FileHash = (path: string) => string

/**
 * @param text       YAML or JSON
 * @param name       what sentences call it, for instance `study.yaml`
 * @param overrides  `path.to.field=value`, applied in order
 * Fails: 'invalid-input' with every problem, each with its place.
 */
export function readStudy({ text, name, overrides }: { text: string; name: string; overrides: readonly string[] }): StudyFile {
  const { value, place } = parseYaml(text, name)
  const overridden = overrides.reduce<unknown>((before, assignment) => applyOverride(before, assignment), value)
  refuseVersion(overridden, name)
  return check(overridden, { name, place })
}

/** Another version is one sentence, not a list of fields that do not fit. */
function refuseVersion(value: unknown, name: string): void {
  const version = typeof value === 'object' && value !== null && 'kagami' in value ? value.kagami : undefined
  if (typeof version === 'number' && version > studyVersion) {
    throw new Refusal('invalid-input', `${name} kagami: expected version ${studyVersion}, got ${version}; a newer Kagami wrote this study`)
  }
}

type Source = { readonly name: string; readonly place?: (path: readonly (string | number)[]) => string }

function check(value: unknown, source: Source): StudyFile {
  const parsed = studySchema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = explainProblems(parsed.error, { ...source, schema: studySchema }, value)
  throw new Refusal('invalid-input', problems[0] ?? `${source.name}: expected a study`, problems.length > 1 ? problems : [])
}

/**
 * Resolves the cells of a study and names it.
 *
 * @param asked  the levels that a bisection has asked for so far; they make cells, and neither name the study nor change a cell that is there
 * Fails: 'invalid-input' for a factor or level that breaks a rule, or too many runs.
 */
export function freezeStudy(file: StudyFile, hashOf: FileHash, asked?: Asked): Study {
  const factors = resolveFactors(file)
  const withFiles = isDataVaried(file) ? file : { ...file, data: freezeData(file, hashOf) }
  const frozen: StudyFile = { ...withFiles, factors }
  const cells = cellsOf(frozen, { finish: (study) => ({ ...study, data: freezeData(study, hashOf) }), asked })
  const { most } = runCounts({ file: frozen, cells })
  if (most > mostRuns) throw new Refusal('invalid-input', `factors × seeds: expected at most ${mostRuns} runs, got ${most}`)
  refuseGates(frozen, cells)
  if (frozen.design.kind === 'bisection') refuseMetric('design.above.metric', frozen.design.above.metric, cells)
  const hash = hashOfStudy(frozen, cells)
  return { id: `${file.name}-${hash.slice(0, 8)}`, hash, file: frozen, cells }
}

/** How many runs a study makes at least and at most: a bisection both ends of every bracket, and at most one level a round more. */
export function runCounts({ file: { design, seeds }, cells }: Pick<Study, 'file' | 'cells'>): {
  readonly least: number
  readonly most: number
} {
  if (design.kind !== 'bisection') return { least: cells.length * seeds.count, most: cells.length * seeds.count }
  const isStart = ({ levels }: Cell) => levels.some(({ factor, value }) => factor === design.factor && value === design.from)
  const brackets = cells.filter(isStart).length * seeds.count
  return { least: 2 * brackets, most: (2 + roundsOf(design)) * brackets }
}

/** Whether a factor says which data a run has: the study's own are then those of no run. */
function isDataVaried({ factors }: StudyFile): boolean {
  return Object.keys(factors).some((path) => path === 'data' || path.startsWith('data.'))
}

/** The hash of all that makes the study, the bytes of files that only levels name included. */
function hashOfStudy(frozen: StudyFile, cells: readonly Cell[]): string {
  const { count: _, ...seeds } = frozen.seeds
  const files: Record<string, string> = {}
  if (isDataVaried(frozen)) for (const { study } of cells) if ('sha256' in study.data) Object.assign(files, study.data.sha256)
  const record = { ...frozen, seeds, ...(Object.keys(files).length > 0 ? { files } : {}) }
  return sha256Hex(canonicalJson(record as unknown as Json)) // parsed from JSON values; zod's types do not say so
}

/** The data with the hash of every file that it reads. Fails: 'invalid-input' if the study names another hash. */
function freezeData(study: StudyFile, hashOf: FileHash): StudyFile['data'] {
  const { kind, settings } = dataOf(study)
  const paths = kind.files(settings)
  if (paths.length === 0) return settings
  const sha256 = Object.fromEntries(paths.map((path) => [path, hashOf(path)]))
  const wanted = 'sha256' in settings ? settings.sha256 : undefined
  for (const [path, hash] of Object.entries(wanted ?? {})) {
    if (sha256[path] !== hash)
      throw new Refusal(
        'invalid-input',
        `data.sha256: expected the file ${quote(path)} to have this hash, got ${sha256[path] ?? 'no such file'}`,
      )
  }
  return { ...settings, sha256 } as StudyFile['data'] // a kind that reads files has the field
}

function refuseGates({ gates }: StudyFile, cells: readonly Cell[]): void {
  const factors = [...new Set(cells.flatMap(({ levels }) => levels.map(({ factor }) => factor)))]
  for (const [i, { metric, where, relativeTo = {}, stopFrom }] of gates.entries()) {
    for (const [field, path, value] of [...named('where', where), ...named('relativeTo', relativeTo)]) {
      if (!factors.includes(path)) {
        const sentence = `gates[${i}].${field}: expected a factor of the study, got ${quote(path)}`
        throw new Refusal('invalid-input', sentence + hintFor(path, factors))
      }
      if (!cells.some(({ levels }) => levels.some((level) => level.factor === path && matches(level.value, value)))) {
        throw new Refusal('invalid-input', `gates[${i}].${field}.${path}: expected one of its levels, got ${quote(value)}`)
      }
    }
    const subject = cells.filter(({ levels }) => speaksAbout(where, levels))
    if (subject.length === 0)
      throw new Refusal('invalid-input', `gates[${i}].where: expected levels that a cell has together, got ${quote(where)}`)
    refuseMetric(`gates[${i}].metric`, metric, subject)
    if (stopFrom !== undefined) refuseStopFrom(`gates[${i}].stopFrom`, stopFrom, subject)
  }
}

/** Refuses a step from which none of these cells can be stopped: a run is never stopped at its last step. */
function refuseStopFrom(field: string, stopFrom: number, cells: readonly Cell[]): void {
  const last = cells.reduce((most, { study }) => Math.max(most, study.training.steps), 0)
  if (stopFrom >= last) throw new Refusal('invalid-input', `${field}: expected a step before the last, ${last}, got ${stopFrom}`)
}

function named(field: string, levels: Gate['where']): readonly (readonly [string, string, Json])[] {
  return Object.entries(levels).map(([path, value]) => [field, path, value])
}

/** Refuses a metric that none of these cells records. */
function refuseMetric(field: string, metric: string, cells: readonly Cell[]): void {
  const recorded = new Set<string>()
  for (const { study } of cells) {
    for (const { name } of columnsOf(study.measure, factsOf(study))) recorded.add(name)
    if (recorded.has(metric)) return
  }
  const hint = hintFor(metric, [...recorded]) || `; recorded are ${[...recorded].join(', ')}`
  throw new Refusal('invalid-input', `${field}: expected a metric that the runs record, got ${quote(metric)}${hint}`)
}

/** Whether a rule with these `where` levels speaks about a run with these levels. */
export function speaksAbout(where: Gate['where'], levels: Cell['levels']): boolean {
  return Object.entries(where).every(([factor, wanted]) => levels.some((level) => level.factor === factor && matches(level.value, wanted)))
}

/** Whether a level is what a gate asks for: equal, or equal in every field that the gate names; a list item by item. */
export function matches(level: Json, wanted: Json): boolean {
  if (typeof wanted !== 'object' || wanted === null) return canonicalJson(level) === canonicalJson(wanted)
  if (typeof level !== 'object' || level === null || Array.isArray(level) !== Array.isArray(wanted)) return false
  if (Array.isArray(level) && level.length !== Object.keys(wanted).length) return false
  const fields = level as { readonly [key: string]: Json } // an object, or a list by its indices
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(fields, key) && matches(fields[key] ?? null, value))
}
