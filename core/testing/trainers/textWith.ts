/** Vitest's matchers of texts are of type `any`; this one is not. */
import { expect } from 'vitest'

/** Stands for any text that holds the part, or that matches the pattern, inside an expected value. */
export function textWith(part: string | RegExp): unknown {
  return typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part)
}
