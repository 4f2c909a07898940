/** Sentences for what a schema refuses: `route.field: expected <rule>, got <value>`, one for each problem. */
import type { z } from 'zod'
import { quote } from './errors.ts'

type Issue = z.core.$ZodIssue
/** What any Standard Schema reports; zod's own issues say more. */
type AnyIssue = { readonly message: string; readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined }

const problemLimit = 50

/** Every problem of one input as a sentence, at most 50, the last one then saying how many more there are. */
export function problemsOf({
  route,
  issues,
  input,
}: {
  readonly route: string
  readonly issues: readonly AnyIssue[]
  readonly input: unknown
}): string[] {
  const sentences = issues.flatMap((issue) => sentencesOf(issue, route, input))
  if (sentences.length <= problemLimit) return sentences
  return [
    ...sentences.slice(0, problemLimit),
    `${route}: expected at most ${problemLimit} problems, got ${sentences.length - problemLimit} more`,
  ]
}

function sentencesOf(issue: AnyIssue, route: string, input: unknown): string[] {
  const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  const place = [route, ...path.map(String)].join('.')
  const value = path.reduce<unknown>(memberOf, input)
  if (!isZodIssue(issue)) return [`${place}: ${issue.message}, got ${quote(value)}`]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${place}.${quote(key).slice(1, -1)}: unknown field`)
  return [`${place}: expected ${ruleOf(issue)}, got ${quote(value)}`]
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  // Own members only, so that a path of `constructor` shows nothing of ours.
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined
}

function isZodIssue(issue: AnyIssue): issue is AnyIssue & Issue {
  return 'code' in issue && typeof issue.code === 'string'
}

function ruleOf(issue: Exclude<Issue, { code: 'unrecognized_keys' }>): string {
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? issue.expected
    case 'too_small':
      return `${measured(issue.origin)} ${issue.inclusive === false ? '>' : '≥'} ${issue.minimum}`
    case 'too_big':
      return `${measured(issue.origin)} ${issue.inclusive === false ? '<' : '≤'} ${issue.maximum}`
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    case 'invalid_format':
      return issue.pattern === undefined ? `text in the form ${issue.format}` : `text like ${issue.pattern}`
    case 'invalid_value':
      return issue.values.length === 1 ? quote(issue.values[0]) : `one of ${issue.values.map((value) => String(value)).join(', ')}`
    case 'invalid_union':
      return 'one of the known forms'
    case 'invalid_key':
      return 'known names only'
    case 'invalid_element':
      return 'known elements only'
    case 'custom':
      return issue.message.replace(/^expected /, '')
  }
}

/** The types that inputs use, with their article. */
const types: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
  undefined: 'nothing',
}

const measured = (origin: string): string =>
  origin === 'string'
    ? 'a text of length'
    : origin === 'array' || origin === 'set'
      ? 'a list of length'
      : origin === 'int'
        ? 'a whole number'
        : 'a number'
