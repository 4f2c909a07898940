/** Whole numbers below a bound from random words, every one of them exactly as likely. */

const wordSpan = 2 ** 32

/**
 * A whole number uniform on 0 … bound − 1.
 *
 *   w mod bound for the first word w < 2³² − (2³² mod bound)
 *
 * The larger words are thrown away: with them, w mod bound would favour the small numbers, and so would ⌊u · bound⌋ of a finite u.
 *
 * @param bound     whole, 1 ≤ bound ≤ 2³²
 * @param nextWord  the next independent uint32
 * Cost: fewer than two words on average for any bound; 1 + bound / 2³² at most.
 */
export function below(bound: number, nextWord: () => number): number {
  const limit = wordSpan - (wordSpan % bound)
  let word = nextWord()
  while (word >= limit) word = nextWord()
  return word % bound
}
