/** Patterns of parameter names: `*` stands for any letters, commas for alternatives. `layer*.weight` is every layer's weight. */
import { Refusal, quote } from '#core/contract/errors.ts'

/** The names that a pattern matches, in their order. */
export function matchingNames(pattern: string, names: readonly string[]): readonly string[] {
  const parts = pattern.split(',').map((part) => new RegExp(`^${part.trim().split('*').map(escaped).join('.*')}$`))
  return names.filter((name) => parts.some((part) => part.test(name)))
}

/** The same. Fails: 'invalid-input' if none does. */
export function requireNames(field: string, pattern: string, names: readonly string[]): readonly string[] {
  const found = matchingNames(pattern, names)
  if (found.length === 0)
    throw new Refusal('invalid-input', `${field}: expected a pattern of the parameters ${names.join(', ')}, got ${quote(pattern)}`)
  return found
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
}
