/** What a zod schema or an issue demands, in the words of our sentences: "a whole number ≥ 1", "one of "sgd", "adam"", "a list". */
import type { z } from 'zod'
import { quote } from '#core/contract/errors.ts'
import { type Schema, defOf } from './schemaAt.ts'

type Issue = z.core.$ZodIssue
type Check = z.core.$ZodChecks['_zod']['def']

const VALUE_LIMIT = 12 // of a list of allowed values; more is no help

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  set: 'a list without repeats',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  null: 'null',
  undefined: 'nothing',
  void: 'nothing',
  never: 'nothing',
  nonoptional: 'a value',
  nan: 'NaN',
  date: 'a date',
}

const formatWords: Readonly<Record<string, string>> = {
  lowercase: 'in lower case',
  uppercase: 'in upper case',
  datetime: 'that is a date and time (ISO 8601)',
  date: 'that is a date (ISO 8601)',
  time: 'that is a time (ISO 8601)',
  email: 'that is an e-mail address',
  url: 'that is a URL',
  json_string: 'that is JSON',
}

/** The whole rule of a schema, undefined where it has none that words can say. */
export function ruleOf(schema: Schema): string | undefined {
  const def = defOf(schema)
  const checks = checksOf(schema)
  switch (def.type) {
    case 'number': {
      const isWhole = [def, ...checks].some(
        (check) => 'check' in check && check.check === 'number_format' && !String(check.format).startsWith('float'),
      )
      return [isWhole ? 'a whole number' : 'a number', ...boundsOf(checks)].join(' ')
    }
    case 'string':
      return ['a text', ...lengthsOf(checks, 'sign'), ...formatsOf(schema, checks)].join(' ')
    case 'array':
      return ['a list', ...lengthsOf(checks, 'item')].join(' ')
    case 'tuple':
      return def.rest ? `a list of at least ${counted(def.items.length, 'item')}` : `a list of ${counted(def.items.length, 'item')}`
    case 'literal':
      return oneOf(def.values)
    case 'enum':
      return oneOf(Object.values(def.entries))
    case 'map':
    case 'set':
      return undefined // zod puts what is wrong with an element on the whole
    default:
      return typeWords[def.type]
  }
}

/** The rule that an issue alone tells, for where no schema is at hand. */
export function ruleOfIssue(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? 'a value of another kind'
    case 'too_small':
      return limitOf(issue.origin, limitSign(issue, '≥', '>'), issue.minimum)
    case 'too_big':
      return limitOf(issue.origin, limitSign(issue, '≤', '<'), issue.maximum)
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `a text ${formatOf(issue.format, issue)}`
    case 'invalid_value':
      return oneOf(issue.values)
    case 'unrecognized_keys':
      return 'known fields only'
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return 'a value that fits its rule'
    default:
      return issue satisfies never
  }
}

/** "one of …" for several values, the value itself for one. */
export function oneOf(values: readonly unknown[]): string {
  const shown = values.slice(0, VALUE_LIMIT).map((value) => quote(value))
  if (values.length === 1) return shown.join('')
  return `one of ${shown.join(', ')}${values.length > VALUE_LIMIT ? ` or ${values.length - VALUE_LIMIT} more` : ''}`
}

function checksOf(schema: Schema): readonly Check[] {
  // zod types checks by their base; each that this file asks about is told from the others by its `check`
  return (schema._zod.def.checks ?? []).map((check) => check._zod.def as Check)
}

function boundsOf(checks: readonly Check[]): readonly string[] {
  const bounds = checks.flatMap((check) => {
    if (check.check === 'greater_than') return [`${check.inclusive ? '≥' : '>'} ${String(check.value)}`]
    if (check.check === 'less_than') return [`${check.inclusive ? '≤' : '<'} ${String(check.value)}`]
    return []
  })
  const multiples = checks.flatMap((check) => (check.check === 'multiple_of' ? [`that is a multiple of ${check.value}`] : []))
  return [...(bounds.length > 0 ? [bounds.join(' and ')] : []), ...multiples]
}

function lengthsOf(checks: readonly Check[], unit: string): readonly string[] {
  const lengths = checks.flatMap((check) => {
    if (check.check === 'length_equals') return [`exactly ${counted(check.length, unit)}`]
    if (check.check === 'min_length') return [`at least ${counted(check.minimum, unit)}`]
    return check.check === 'max_length' ? [`at most ${counted(check.maximum, unit)}`] : []
  })
  return lengths.length > 0 ? [`of ${lengths.join(' and ')}`] : []
}

function formatsOf(schema: Schema, checks: readonly Check[]): readonly string[] {
  const own = defOf(schema)
  const formats: readonly object[] = 'format' in own ? [own, ...checks] : checks
  const words = formats.flatMap((check) => ('format' in check ? [formatOf(String(check.format), check)] : []))
  return words.length > 0 ? [words.join(' and ')] : []
}

function formatOf(format: string, details: object): string {
  if ('prefix' in details && format === 'starts_with') return `that begins with ${quote(details.prefix)}`
  if ('suffix' in details && format === 'ends_with') return `that ends in ${quote(details.suffix)}`
  if ('includes' in details && format === 'includes') return `that contains ${quote(details.includes)}`
  if ('pattern' in details && format === 'regex') return `that matches ${String(details.pattern)}`
  return formatWords[format] ?? `in the form ${format}`
}

type Limit = { readonly inclusive?: boolean | undefined; readonly exact?: boolean | undefined }

function limitSign({ inclusive, exact }: Limit, wide: string, strict: string): string {
  if (exact === true) return '='
  return inclusive === false ? strict : wide
}

function limitOf(origin: string, sign: string, limit: number | bigint | Date): string {
  if (origin === 'string' || origin === 'array' || origin === 'set') {
    const count = counted(Number(limit), origin === 'string' ? 'sign' : 'item')
    const words = { '=': 'exactly', '≥': 'at least', '≤': 'at most', '>': 'more than', '<': 'fewer than' }[sign] ?? ''
    return `${origin === 'string' ? 'a text' : 'a list'} of ${words} ${count}`
  }
  return `${origin === 'int' || origin === 'bigint' ? 'a whole number' : 'a number'} ${sign} ${String(limit)}`
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
