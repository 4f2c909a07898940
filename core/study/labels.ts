/** How levels are called: a number or word as it is, a kind by its name, a list by its items. Where two would be called the same, what differs is said. */
import type { Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'

export function labelOf(value: Json): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return canonicalJson(value)
  if (isList(value)) return value.length === 0 ? 'none' : value.map(labelOf).join(' + ')
  const { kind } = value
  if (typeof kind === 'string') return kind
  return Object.entries(value)
    .map(([key, part]) => (isNested(part) ? labelOf(part) : `${key} ${labelOf(part)}`))
    .join(', ')
}

/** The labels of a factor's levels, all different. */
export function labelsOf(levels: readonly Json[]): string[] {
  const labels = levels.map(labelOf)
  for (const label of new Set(labels)) {
    const places = [...levels.keys()].filter((i) => labelOf(levels[i] ?? null) === label)
    if (places.length === 1) continue
    const fields = places.map((i) => new Map(fieldsOf(levels[i] ?? null, '')))
    const names = [...new Set(fields.flatMap((one) => [...one.keys()]))]
    const differing = names.filter((name) => new Set(fields.map((one) => one.get(name) ?? '')).size > 1)
    for (const [n, i] of places.entries()) {
      const said = differing.flatMap((name) => {
        const value = fields[n]?.get(name)
        return value === undefined ? [] : [`${name.slice(name.lastIndexOf('.') + 1)} ${value}`]
      })
      labels[i] = [label, ...said].join(', ')
    }
  }
  return new Set(labels).size === labels.length ? labels : levels.map((level) => canonicalJson(level))
}

/** The plain values in a level, by their paths. */
function fieldsOf(value: Json, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[path, labelOf(value)]]
  return Object.entries(value).flatMap(([key, part]) => fieldsOf(part, path === '' ? key : `${path}.${key}`))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null
}
