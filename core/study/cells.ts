/** The cells of a study: its factors combined by its design, each a study without factors. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { asJson, type Json } from '#core/contract/values.ts'
import { canonicalJson, sha256Hex } from '#core/formats/canonicalJson.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { constrain, readConstraints } from './designs/constraints.ts'
import type { Combination, DesignCell, DesignFactor } from './designs/design.ts'
import { expandLevels, intervalOf } from './designs/levels.ts'
import { combineFactors } from './designs/registry.ts'
import { labelsOf } from './labels.ts'
import { studySchema, type StudyFile } from './schema.ts'
import { hintFor } from './text/nearest.ts'
import { explainProblems } from './text/problems.ts'
import { atPath, withPath } from './text/withPath.ts'

/** A study without factors: what one cell trains. */
export type Cell = {
  readonly hash: string // of the level values, canonical; of a cell that starts from another also of that one. Randomness starts from it unless seeds are paired
  readonly levels: readonly { readonly factor: string; readonly value: Json; readonly label: string }[]
  readonly study: StudyFile
  /** The hash of the cell whose end this one starts from, and how many came before it; null for a cell that starts by itself. */
  readonly startsFrom: string | null
  readonly place: number
}

/** The factor that tells the two ways of a continuation apart. */
export const branchFactor = 'design.branch'

/** The factors as the schema reads them: lists and ranges as lists with defaults filled in; intervals that a design draws from stay. Fails: 'invalid-input'. */
export function resolveFactors(file: StudyFile): StudyFile['factors'] {
  const problems: string[] = []
  const resolved = Object.entries(file.factors).map(([path, written]) => {
    const interval = intervalOf(written)
    const levels = interval === null ? expandLevels(path, written) : [interval.from, interval.to]
    const read = resolveLevels(file, { path, levels, problems })
    return [path, interval === null ? read : written] as const
  })
  if (problems.length > 0) throw new Refusal('invalid-input', problems[0] ?? '', problems.length > 1 ? problems : [])
  return Object.fromEntries(resolved)
}

/** The cells of a study whose factors are resolved. `finish` completes a cell's study. Fails: 'invalid-input'. */
export function cellsOf(file: StudyFile, finish: (study: StudyFile) => StudyFile): readonly Cell[] {
  const factors = Object.entries(file.factors).map(([path, levels]): DesignFactor => ({ path, levels }))
  const key = split(rootKey({ base: file.seeds.base, cell: '0'.repeat(64), replicate: 0 }), 'design')
  const studies = new Map<DesignCell, StudyFile>()
  const studyOf = (cell: DesignCell): StudyFile => {
    const made = studies.get(cell) ?? applied(file, factors, cell)
    studies.set(cell, made)
    return made
  }
  const combination = constrain(combineFactors(factors, file.design, key), readConstraints(file.constraints), (cell) =>
    asJson(studyOf(cell)),
  )
  const labels = labelling(factors, combination)
  const before = predecessors(combination)
  const hashes: string[] = []
  const hashAt = (i: number): string => {
    const cell = combination.cells[i]
    const known = hashes[i]
    if (known !== undefined || cell === undefined) return known ?? ''
    const from = before[i]?.cell
    const values = Object.fromEntries(factors.map(({ path }, f) => [path, cell.values[f] ?? null]))
    const chained =
      combination.chains.length === 0
        ? values
        : { values, branch: cell.branch, after: from == null ? null : hashAt(from), design: asJson(file.design) }
    const made = sha256Hex(canonicalJson(chained))
    hashes[i] = made
    return made
  }
  return combination.cells.map((cell, i) => ({
    hash: hashAt(i),
    levels: labels(cell),
    study: finish(studyOf(cell)),
    startsFrom: before[i] == null || before[i].cell === null ? null : hashAt(before[i].cell),
    place: before[i]?.place ?? 0,
  }))
}

/** For each cell the one that it starts from, and its place in its chain. */
function predecessors({ cells, chains }: Combination): readonly { readonly cell: number | null; readonly place: number }[] {
  const before = cells.map((): { cell: number | null; place: number } => ({ cell: null, place: 0 }))
  for (const chain of chains) for (const [place, cell] of chain.entries()) before[cell] = { cell: chain[place - 1] ?? null, place }
  return before
}

function applied(file: StudyFile, factors: readonly DesignFactor[], { values }: DesignCell): StudyFile {
  const bare: unknown = { ...file, factors: {}, gates: [], constraints: [] }
  const study = factors.reduce((so, { path }, i) => withPath(so, path, values[i]), bare)
  const parsed = studySchema.safeParse(study)
  if (parsed.success) return parsed.data
  const problems = explainProblems(parsed.error, { name: file.name, schema: studySchema }, study)
  throw new Refusal(
    'invalid-input',
    problems[0] ?? `${file.name}: expected levels that fit each other`,
    problems.length > 1 ? problems : [],
  )
}

type Labels = (cell: DesignCell) => Cell['levels']

function labelling(factors: readonly DesignFactor[], { cells }: Combination): Labels {
  const names = factors.map((_, f) => {
    const values = new Map(cells.map((cell) => [canonicalJson(cell.values[f] ?? null), cell.values[f] ?? null]))
    const labels = labelsOf([...values.values()])
    return new Map([...values.keys()].map((text, i) => [text, labels[i] ?? '']))
  })
  const hasBranches = new Set(cells.map(({ branch }) => branch)).size > 1
  return ({ values, branch }) => [
    ...factors.map(({ path }, f) => {
      const value = values[f] ?? null
      return { factor: path, value, label: names[f]?.get(canonicalJson(value)) ?? '' }
    }),
    ...(hasBranches && branch !== null ? [{ factor: branchFactor, value: branch, label: branch }] : []),
  ]
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
    const parsed = studySchema.safeParse(withPath({ ...file, factors: {}, gates: [], constraints: [] }, path, level))
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
