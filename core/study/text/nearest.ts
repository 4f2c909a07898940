/** Which known word a mistyped one was meant to be. */

const LONGEST_WORD = 64 // no name is longer; it also bounds the work on hostile text

/**
 * The known word nearest to `word`, the first of equals; undefined where none is near enough to be meant.
 *
 * Distance: insertions, deletions, substitutions and swaps of neighbours (optimal string alignment), each 1: these are the slips of typing.
 * Near enough: at most one slip in three letters, and one in shorter words. At a higher rate unrelated words of a study meet (`steps` and
 * `seeds` differ in 3 of 5); at a lower one two slips in `weightDecya` would pass and `sgd` for `sdg` not.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue // a distance is at least the difference in length
    const distance = slips(word, candidate)
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** Optimal string alignment distance, by three rows of its table. */
function slips(a: string, b: string): number {
  let before: readonly number[] = []
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const edit = Math.min(at(above, column) + 1, at(current, column - 1) + 1, at(above, column - 1) + (isSame ? 0 : 1))
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(isSwap ? Math.min(edit, at(before, column - 2) + 1) : edit)
    }
    before = above
    above = current
  }
  return at(above, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}

/** The end of a sentence that refuses a word: what was probably meant, or nothing. */
export function hintFor(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}
