/** The cells of a study: its factors combined by its design, each a study without factors. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { asJson, type Json } from '#core/contract/values.ts'
import { canonicalJson, sha256Hex } from '#core/formats/canonicalJson.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { bothEnds, finestPrecision, levelLabel, mostRounds, type Asked } from './designs/bisectionDesign.ts'
import { roundsOf } from './designs/bisection.ts'
import { constrain, readConstraints } from './designs/constraints.ts'
import type { Combination, DesignCell, DesignFactor } from './designs/design.ts'
import { expandLevels, intervalOf } from './designs/levels.ts'
import { combineFactors } from './designs/registry.ts'
import { labelsOf } from './labels.ts'
import { studySchema, type StudyFile } from './schema.ts'
import { hintFor } from './text/nearest.ts'
import { formatPath, parsePath } from './text/path.ts'
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

type Completion = {
  readonly finish: (study: StudyFile) => StudyFile // completes a cell's study
  readonly asked?: Asked | undefined // of a bisection
}

/** The cells of a study whose factors are resolved. Fails: 'invalid-input'. */
export function cellsOf(file: StudyFile, { finish, asked = bothEnds }: Completion): readonly Cell[] {
  requireBisected(file)
  const listed = Object.entries(file.factors).map(([path, levels]): DesignFactor => ({ path, levels }))
  const factors = file.design.kind === 'bisection' ? [...listed, { path: file.design.factor, levels: [] }] : listed
  const key = split(rootKey({ base: file.seeds.base, cell: '0'.repeat(64), replicate: 0 }), 'design')
  const studies = new Map<DesignCell, StudyFile>()
  const studyOf = (cell: DesignCell): StudyFile => {
    const made = studies.get(cell) ?? applied(file, factors, cell)
    studies.set(cell, made)
    return made
  }
  const combined = combineFactors(listed, file.design, { key, asked })
  const combination = constrain(combined, readConstraints(file.constraints), (cell) => asJson(studyOf(cell)))
  requireWholeBrackets(file, combined, combination)
  const labels = labelling(file, factors, combination)
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

function labelling({ design }: StudyFile, factors: readonly DesignFactor[], { cells }: Combination): Labels {
  const names = factors.map(({ path }, f) => {
    const values = new Map(cells.map((cell) => [canonicalJson(cell.values[f] ?? null), cell.values[f] ?? null]))
    const isBisected = design.kind === 'bisection' && design.factor === path
    const labels = isBisected ? [...values.values()].map((level) => levelLabel(design, Number(level))) : labelsOf([...values.values()])
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

/** Refuses a bisection of what is no number, or is varied by a factor too, and one that is too fine or of too many rounds. */
function requireBisected(file: StudyFile): void {
  const { design, factors } = file
  if (design.kind !== 'bisection') return
  const { factor: path, from, to, precision } = design
  const refuse = (field: string, rule: string, got: unknown) =>
    new Refusal('invalid-input', `design.${field}: expected ${rule}, got ${quote(got)}`)
  const canonical = (text: string) => formatPath(parsePath(text, 'design.factor'))
  if (Object.keys(factors).some((known) => canonical(known) === canonical(path))) {
    throw refuse('factor', 'a path that is not under factors, since the design varies it', path)
  }
  const finest = finestPrecision(design)
  if (precision < finest) throw refuse('precision', `at least ${finest}, which levels in float32 can tell apart`, precision)
  const rounds = roundsOf(design)
  if (!(rounds <= mostRounds)) throw refuse('precision', `at most ${mostRounds} rounds of halving`, rounds)
  requireVaried('design.factor', path)
  const between = from + (to - from) * 0.3819660112501051 // no end and no whole number, so that a field of whole numbers is told before it is halved
  for (const level of [from, to, between]) {
    const study = withPath({ ...file, factors: {}, gates: [], constraints: [] }, path, level)
    const parsed = studySchema.safeParse(study)
    if (parsed.success && atPath(parsed.data, path) === level) continue
    const [problem] = parsed.success ? [] : explainProblems(parsed.error, { name: '', schema: studySchema }, study)
    const why = problem === undefined ? '' : `; ${problem.trim()}`
    throw new Refusal(
      'invalid-input',
      `design.factor: expected the path of a number that may be anything from ${from} to ${to}, got ${quote(path)}${why}`,
    )
  }
}

/** Refuses constraints that take levels out of a bracket: what is halved must be whole. */
function requireWholeBrackets({ design }: StudyFile, all: Combination, kept: Combination): void {
  if (design.kind !== 'bisection') return
  const others = ({ values }: DesignCell) => canonicalJson(values.slice(0, -1))
  const left = new Set(kept.cells.map(others))
  const cells = new Set(kept.cells)
  const cut = all.cells.find((cell) => left.has(others(cell)) && !cells.has(cell))
  if (cut !== undefined) {
    const level = quote(cut.values.at(-1) ?? null)
    throw new Refusal(
      'invalid-input',
      `constraints: expected every level of a bisection or none to be left, got none at ${design.factor} ${level}`,
    )
  }
}

/** Refuses a path to what no factor may vary. */
function requireVaried(field: string, path: string): void {
  const problem = notVaried(field, path)
  if (problem !== null) throw new Refusal('invalid-input', problem)
}

const variable = ['model', 'reparametrise', 'initialValues', 'data', 'tasks', 'loss', 'optimiser', 'noise', 'regularisation', 'training']

function notVaried(field: string, path: string): string | null {
  const top = path.split(/[.[]/)[0] ?? '' // reparametrise[0].std is a field of reparametrise
  if (variable.includes(top)) return null
  return `${field}: expected a field of ${variable.join(', ')}, got ${quote(top)}${hintFor(top, variable)}`
}

/** The levels as the schema reads them: defaults filled in. The same value twice is refused. */
function resolveLevels(file: StudyFile, { path, levels, problems }: { path: string; levels: readonly Json[]; problems: string[] }): Json[] {
  const unknown = notVaried(`factors.${path}`, path)
  if (unknown !== null) {
    problems.push(unknown)
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
