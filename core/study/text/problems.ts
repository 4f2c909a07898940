/**
 * What zod found, in our sentences: `study.yaml:12:7 training.steps: expected a whole number ≥ 1, got -5`. zod's own wording never shows: it
 * speaks of types, not of the field's rule, and cannot know the place.
 *
 * A message that the schema's author wrote is kept: one that begins with "expected" gets ", got …" behind it, any other stands as it is.
 */
import type { z } from 'zod'
import { quote } from '#core/contract/errors.ts'
import { nearest } from './nearest.ts'
import { type Path, formatPath } from './path.ts'
import { oneOf, ruleOf, ruleOfIssue } from './rules.ts'
import { type Schema, knownKeys, schemasAt } from './schemaAt.ts'
import { atPath } from './withPath.ts'

/** Where the value came from. With `schema` a sentence says the field's whole rule and guesses what a misspelt name was meant to be. */
export type Source = {
  readonly name: string
  readonly place?: (path: Path) => string
  readonly schema?: Schema
}

type Issue = z.core.$ZodIssue
type Scope = { readonly source: Source; readonly value: unknown; readonly prefix: Path }

const PROBLEM_LIMIT = 20 // a list of thousands of wrong items is one mistake
const NAME_LIMIT = 40
const zodsCustomMessage = 'Invalid input' // what zod says where a check has no message of its own

/** One sentence for each problem, in zod's order, without repeats; 20 at most and then how many more. */
export function explainProblems(error: z.core.$ZodError, source: Source, value: unknown): string[] {
  const sentences = [...new Set(error.issues.flatMap((issue) => explain(issue, { source, value, prefix: [] })))]
  const rest = sentences.length - PROBLEM_LIMIT
  return rest <= 0 ? sentences : [...sentences.slice(0, PROBLEM_LIMIT), `${source.name}: and ${rest} more problems`]
}

function explain(issue: Issue, scope: Scope): readonly string[] {
  const path = [...scope.prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => explainUnknown(key, path, scope))
  if (issue.code === 'invalid_union') return explainUnion(issue, path, scope)
  if (issue.code === 'invalid_element') {
    return issue.issues.map((inner) =>
      sentence(scope, path, `expected ${ruleOfIssue(inner)} for each key, got another for ${quote(issue.key)}`),
    )
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues
    const rule =
      inner === undefined
        ? 'another name'
        : `${inner.message.startsWith('expected ') ? inner.message.slice(9) : ruleOfIssue(inner)} as its name`
    return [sentence(scope, path, `expected ${rule}, got ${quote(path.at(-1))}`)]
  }
  const got = atPath(scope.value, path)
  if (issue.message.startsWith('expected ')) return [sentence(scope, path, `${issue.message}, got ${shown(got)}`)]
  if (issue.code === 'custom' && issue.message !== zodsCustomMessage) return [sentence(scope, path, issue.message)]
  return [sentence(scope, path, expected(fieldRule(issue, path, scope), got, issue.code === 'invalid_value' ? issue.values : []))]
}

/** The rule of the field by its schema; by the issue alone where there is none, or where the schema's words leave out what was broken. */
function fieldRule(issue: Issue, path: Path, { source, value }: Scope): string {
  const alone = ruleOfIssue(issue)
  if (source.schema === undefined || issue.code === 'custom') return alone
  const rules = schemasAt(source.schema, path, value).flatMap((schema) => ruleOf(schema) ?? [])
  const rule = [...new Set(rules)].join(' or ')
  if (issue.code === 'too_big') return rule.includes(String(issue.maximum)) ? rule : alone
  if (issue.code === 'too_small') return rule.includes(String(issue.minimum)) ? rule : alone
  return rule === '' ? alone : rule
}

function explainUnknown(key: string, path: Path, scope: Scope): string {
  const { source, value } = scope
  const names = source.schema ? knownKeys(source.schema, path, value) : []
  const meant = nearest(key, names)
  const field = [...path, key]
  if (meant !== undefined) return sentence(scope, field, `unknown field; did you mean ${meant}?`)
  return sentence(scope, field, names.length > 0 ? `unknown field; expected ${oneOf(names)}` : 'unknown field')
}

/**
 * A discriminator says which option was meant. Without one, the option that goes deepest is: the one with the fewest problems of those whose
 * kind (text, list, object …) fits. Where no kind fits, the kinds of all options make the rule.
 */
function explainUnion(issue: Issue & { code: 'invalid_union' }, path: Path, scope: Scope): readonly string[] {
  const got = atPath(scope.value, path)
  if (issue.inclusive === false)
    return [sentence(scope, path, `expected a value that fits one rule only, got ${shown(got)}, which fits several`)]
  const { options = [] } = issue
  if (options.length > 0) return [sentence(scope, path, expected(oneOf(options), got, options))]
  const fitting = issue.errors.filter((problems) => !problems.some(isAboutKind)).sort((a, b) => a.length - b.length)
  const [best] = fitting
  if (best !== undefined) return best.flatMap((inner) => explain(inner, { ...scope, prefix: path }))
  const rules = issue.errors.flatMap((problems) => problems.filter(isAboutKind).slice(0, 1).map(ruleOfIssue))
  const values = issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_value' && inner.path.length === 0 ? inner.values : []))
  return [sentence(scope, path, expected([...new Set(rules)].join(' or ') || ruleOfIssue(issue), got, values))]
}

function isAboutKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

function expected(rule: string, got: unknown, values: readonly unknown[]): string {
  const known = values.filter((item) => typeof item === 'string')
  const meant = typeof got === 'string' ? nearest(got, known) : undefined
  const finite = typeof got === 'number' && !Number.isFinite(got) ? rule.replace(/\ba (whole )?number/, 'a finite $1number') : rule
  return `expected ${finite}, got ${shown(got)}${meant === undefined ? '' : `; did you mean ${quote(meant)}?`}`
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : quote(value)
}

function sentence({ source }: Scope, path: Path, text: string): string {
  const place = source.place?.(path) ?? source.name
  const field = formatPath(
    path.map((part) => (typeof part === 'string' && part.length > NAME_LIMIT ? `${part.slice(0, NAME_LIMIT - 1)}…` : part)),
  )
  return `${[place, field].filter((part) => part !== '').join(' ')}: ${text}`
}
