/**
 * From the text of a study to the frozen study: every default resolved, every level checked, the hash that names it.
 */
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson, sha256Hex } from '#core/formats/canonicalJson.ts'
import { factsOf } from './facts.ts'
import { dataOf } from './kinds.ts'
import { labelsOf } from './labels.ts'
import type { Gate } from './gates.ts'
import { mostRuns, studySchema, studyVersion, type StudyFile } from './schema.ts'
import { nearest } from './text/nearest.ts'
import { applyOverride } from './text/overrides.ts'
import { explainProblems } from './text/problems.ts'
import { atPath, withPath } from './text/withPath.ts'
import { parseYaml } from './text/yamlText.ts'

/** A study without factors: what one cell trains. */
export type Cell = {
  readonly hash: string // of the level values, canonical; all randomness of the cell starts from it
  readonly levels: readonly { readonly factor: string; readonly value: Json; readonly label: string }[]
  readonly study: StudyFile
}

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

/** Resolves the cells of a study and names it. Fails: 'invalid-input' for a factor or level that breaks a rule, or too many runs. */
export function freezeStudy(file: StudyFile, hashOf: FileHash): Study {
  const factors = Object.entries(file.factors)
  const runs = factors.reduce((product, [, levels]) => product * levels.length, file.seeds.count)
  if (runs > mostRuns) throw new Refusal('invalid-input', `factors × seeds: expected at most ${mostRuns} runs, got ${runs}`)
  const withFiles = isDataVaried(file) ? file : { ...file, data: freezeData(file, hashOf) }
  const problems: string[] = []
  const resolved = factors.map(([path, levels]) => ({ path, levels: resolveLevels(withFiles, { path, levels, problems }) }))
  if (problems.length > 0) throw new Refusal('invalid-input', problems[0] ?? '', problems.length > 1 ? problems : [])
  const frozen: StudyFile = { ...withFiles, factors: Object.fromEntries(resolved.map(({ path, levels }) => [path, levels])) }
  const cells = product(resolved).map((levels) => cellOf(frozen, levels, hashOf))
  refuseGates(frozen, cells)
  const hash = hashOfStudy(frozen, cells)
  return { id: `${file.name}-${hash.slice(0, 8)}`, hash, file: frozen, cells }
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

/** The levels as the schema reads them: defaults filled in. The same value twice is refused. */
function resolveLevels(file: StudyFile, { path, levels, problems }: { path: string; levels: readonly Json[]; problems: string[] }): Json[] {
  const top = path.split(/[.[]/)[0] ?? '' // reparametrise[0].std is a field of reparametrise
  const allowed = ['model', 'reparametrise', 'initialValues', 'data', 'tasks', 'loss', 'optimiser', 'noise', 'regularisation', 'training']
  if (!allowed.includes(top)) {
    problems.push(`factors.${path}: expected a field of ${allowed.join(', ')}, got ${quote(top)}${hintFor(top, allowed)}`)
    return []
  }
  const resolved = levels.map((level, i) => {
    const parsed = studySchema.safeParse(withPath({ ...file, factors: {}, gates: [] }, path, level))
    if (parsed.success) return atPath(parsed.data, path) as Json // a part of a parsed study is JSON
    problems.push(...explainProblems(parsed.error, { name: `factors.${path}[${i}]`, schema: studySchema }, withPath(file, path, level)))
    return null
  })
  const twice = problems.length > 0 ? undefined : firstRepeated(resolved.map((level) => canonicalJson(level)))
  if (twice !== undefined) problems.push(`factors.${path}: expected levels that differ, got ${twice} twice`)
  return resolved
}

function firstRepeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (const text of texts) {
    if (seen.has(text)) return text
    seen.add(text)
  }
  return undefined
}

type Level = Cell['levels'][number]

/** All combinations, the last factor running fastest. */
function product(factors: readonly { readonly path: string; readonly levels: readonly Json[] }[]): Level[][] {
  return factors.reduce<Level[][]>(
    (cells, { path, levels }) => {
      const labels = labelsOf(levels)
      return cells.flatMap((cell) => levels.map((value, i) => [...cell, { factor: path, value, label: labels[i] ?? '' }]))
    },
    [[]],
  )
}

function cellOf(file: StudyFile, levels: readonly Level[], hashOf: FileHash): Cell {
  const applied = levels.reduce<unknown>((study, { factor, value }) => withPath(study, factor, value), { ...file, factors: {}, gates: [] })
  const study = check(applied, { name: file.name })
  const values = Object.fromEntries(levels.map(({ factor, value }) => [factor, value]))
  return { hash: sha256Hex(canonicalJson(values)), levels, study: { ...study, data: freezeData(study, hashOf) } }
}

function refuseGates({ gates, factors }: StudyFile, cells: readonly Cell[]): void {
  for (const [i, { metric, where, relativeTo = {} }] of gates.entries()) {
    for (const [field, path, value] of [...named('where', where), ...named('relativeTo', relativeTo)]) {
      const levels = Object.hasOwn(factors, path) ? factors[path] : undefined
      if (levels === undefined) {
        const sentence = `gates[${i}].${field}: expected a factor of the study, got ${quote(path)}`
        throw new Refusal('invalid-input', sentence + hintFor(path, Object.keys(factors)))
      }
      if (!levels.some((level) => matches(level, value))) {
        throw new Refusal('invalid-input', `gates[${i}].${field}.${path}: expected one of its levels, got ${quote(value)}`)
      }
    }
    refuseMetric(
      `gates[${i}].metric`,
      metric,
      cells.filter(({ levels }) => speaksAbout(where, levels)),
    )
  }
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

function hintFor(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === undefined ? '' : `; did you mean ${meant}?`
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
