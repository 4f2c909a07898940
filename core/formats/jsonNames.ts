/** What `JSON.parse` cannot tell: whether an object names a field twice. It keeps the last and says nothing. */

/**
 * The first name that stands twice in one object of `text`, which must be valid JSON; undefined if there is none.
 * Cost: one pass, no recursion.
 */
export function repeatedName(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [] // the names so far of each open object; undefined for an open list
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '{') open.push(new Set())
    else if (sign === '[') open.push(undefined)
    else if (sign === '}' || sign === ']') open.pop()
    if (sign !== '"') continue
    const end = stringEnd(text, at)
    const names = open.at(-1)
    if (names !== undefined && isName(text, end)) {
      const name = String(JSON.parse(text.slice(at, end)))
      if (names.has(name)) return name
      names.add(name)
    }
    at = end - 1
  }
  return undefined
}

/** Just after the quote that closes the string opened at `at`. */
function stringEnd(text: string, at: number): number {
  let end = at + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end + 1
}

/** Whether the string that ends at `end` is followed by a colon. */
function isName(text: string, end: number): boolean {
  let at = end
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return text[at] === ':'
}
