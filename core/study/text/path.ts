/**
 * Places in a study as text: `training.steps`, `measure[0]`, `factors["regularisation.weightDecay"][2]`. A name that has signs of its own
 * stands in brackets, quoted as in JSON.
 */
import { Refusal, quote } from '#core/contract/errors.ts'

/** Names of fields and indices of lists, from the outside in. */
export type Path = readonly (string | number)[]

/** The text of a path; the empty text for the whole. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[^.[\]"=\s]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}

/**
 * The path that `text` writes.
 *
 * Fails: 'invalid-input', named by `place`, for text that is no path, and for a step to `__proto__`, which is no field of anything.
 */
export function parsePath(text: string, place: string): Path {
  const step = /\.?([^.[\]"=\s]+)|\[(0|[1-9]\d{0,8})\]|\[("(?:[^"\\]|\\.)*")\]/y // .name, [index] or ["name"]
  const path: (string | number)[] = []
  let at = 0
  while (at < text.length) {
    step.lastIndex = at
    const match = step.exec(text)
    const hasDot = text[at] === '.'
    const isSeparate = at === 0 ? !hasDot : hasDot || text[at] === '['
    const part = match && isSeparate ? partOf(match) : undefined
    if (part === undefined || part === '__proto__') break
    path.push(part)
    at = step.lastIndex
  }
  if (at === text.length && path.length > 0) return path
  throw new Refusal('invalid-input', `${place}: expected a path such as training.steps or measure[0], got ${quote(text)}`)
}

function partOf([, name, index, quoted]: RegExpExecArray): string | number | undefined {
  if (name !== undefined) return name
  if (index !== undefined) return Number(index)
  try {
    return String(JSON.parse(quoted ?? ''))
  } catch {
    return undefined // an escape that JSON does not know; the caller quotes the whole text
  }
}
