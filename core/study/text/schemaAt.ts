/**
 * Which parts of a zod schema speak about a place of a value: for sentences that say a field's whole rule, and for the names that are known
 * there. Not a validator, and not a printer of schemas.
 */
import type { z } from 'zod'
import type { Path } from './path.ts'
import { atPath } from './withPath.ts'

export type Schema = z.core.$ZodType

/**
 * The schemas that a value at `path` may have to satisfy, wrappers (optional, default …) taken off. Several where the schema is a union; of
 * unions with a discriminator only the options that the value names, if it names one.
 */
export function schemasAt(schema: Schema, path: Path, value: unknown): readonly Schema[] {
  let found = unwrapped(schema, value)
  path.forEach((part, depth) => {
    const inner = atPath(value, path.slice(0, depth + 1))
    found = found.flatMap((outer) => childrenOf(outer, part)).flatMap((child) => unwrapped(child, inner))
  })
  return found
}

/** The names that an object at `path` may have, in the schema's order. */
export function knownKeys(schema: Schema, path: Path, value: unknown): readonly string[] {
  const names = schemasAt(schema, path, value).flatMap((found) => {
    const def = defOf(found)
    if (def.type === 'object') return Object.keys(def.shape)
    return def.type === 'record' ? unwrapped(def.keyType, undefined).flatMap(enumKeys) : []
  })
  return [...new Set(names)]
}

/** The settings of a schema as zod's closed union of them. */
export function defOf(schema: Schema): z.core.$ZodTypes['_zod']['def'] {
  return (schema as z.core.$ZodTypes)._zod.def // every schema of zod is one of these; $ZodType only forgets which
}

function enumKeys(schema: Schema): readonly string[] {
  const def = defOf(schema)
  return def.type === 'enum' ? Object.values(def.entries).map(String) : []
}

function unwrapped(schema: Schema, value: unknown): readonly Schema[] {
  const def = defOf(schema)
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
    case 'success':
      return unwrapped(def.innerType, value)
    case 'lazy':
      return unwrapped(def.getter(), value)
    case 'pipe':
      return unwrapped(defOf(def.in).type === 'transform' ? def.out : def.in, value)
    case 'intersection':
      return [...unwrapped(def.left, value), ...unwrapped(def.right, value)]
    case 'union': {
      const options = def.options.flatMap((option) => unwrapped(option, value))
      const named = 'discriminator' in def ? options.filter((option) => isNamed(option, String(def.discriminator), value)) : []
      return named.length > 0 ? named : options
    }
    default:
      return [schema]
  }
}

/** Whether `value` has the literal that tells this option of a union from the others. */
function isNamed(option: Schema, discriminator: string, value: unknown): boolean {
  const def = defOf(option)
  const field = def.type === 'object' ? def.shape[discriminator] : undefined
  const literal = field && defOf(field)
  return literal?.type === 'literal' && literal.values.some((known) => known === atPath(value, [discriminator]))
}

function childrenOf(schema: Schema, part: string | number): readonly Schema[] {
  const def = defOf(schema)
  switch (def.type) {
    case 'object': {
      const field = Object.hasOwn(def.shape, part) ? def.shape[part] : def.catchall
      return field && defOf(field).type !== 'never' ? [field] : [] // a strict object's rest is never
    }
    case 'record':
    case 'map':
      return [def.valueType]
    case 'array':
      return [def.element]
    case 'set':
      return [def.valueType]
    case 'tuple': {
      const item = def.items[Number(part)] ?? def.rest
      return item ? [item] : []
    }
    default:
      return []
  }
}
