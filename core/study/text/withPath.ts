/**
 * A value put at a place of another, without changing that one: what a factor's level and `--set` do to a study as it was written. Lists and
 * plain objects on the way are copied, everything beside it is shared.
 */
import { Refusal, quote } from '#core/contract/errors.ts'
import { type Path, formatPath, parsePath } from './path.ts'

/**
 * `value` with `level` at `path`. Objects that are missing on the way (absent or null) are made; a list may grow by one at its end.
 *
 * Fails: 'invalid-input' for text that is no path, a name in a list, an index in an object or beyond the end of a list, a step into a number
 * or a text.
 */
export function withPath(value: unknown, path: string, level: unknown): unknown {
  return replace(value, { path: parsePath(path, 'path'), depth: 0, level })
}

/** What stands at `path` of `value`; undefined where nothing does. Fails only for text that is no path. */
export function atPath(value: unknown, path: string | Path): unknown {
  let current = value
  for (const part of typeof path === 'string' ? parsePath(path, 'path') : path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined
    if (Array.isArray(current) && typeof part !== 'number') return undefined // its length is no field
    current = Reflect.get(current, part)
  }
  return current
}

type Target = { readonly path: Path; readonly depth: number; readonly level: unknown }

function replace(value: unknown, { path, depth, level }: Target): unknown {
  const part = path[depth]
  if (part === undefined) return level
  const next = { path, depth: depth + 1, level }
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    if (typeof part !== 'number' || part > items.length) throw refusal(next, `an index from 0 to ${items.length}`, part)
    const copy = [...items]
    copy[part] = replace(items[part], next)
    return copy
  }
  if (value !== null && value !== undefined && typeof value !== 'object') throw refusal({ ...next, depth }, 'an object or a list', value)
  if (typeof part === 'number') {
    if (value === null || value === undefined) return replace([], { path, depth, level })
    throw refusal(next, 'the name of a field', part)
  }
  return { ...value, [part]: replace(value && Object.hasOwn(value, part) ? Reflect.get(value, part) : undefined, next) }
}

function refusal({ path, depth }: Target, rule: string, got: unknown): Refusal {
  return new Refusal('invalid-input', `${formatPath(path.slice(0, depth))}: expected ${rule}, got ${quote(got)}`)
}
