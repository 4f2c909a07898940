/** What stopped an action, as the page shows it: the workbench's refusal, or the plain fact that nobody answered. */
import { Refusal, type Code } from '#core/contract/errors.ts'

export type Problem = { readonly code: Code | 'unreachable'; readonly message: string; readonly problems: readonly string[] }

/** A refusal as it is; anything else that a call throws is the transport's own error: no answer came. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Refusal) return { code: error.code, message: error.message, problems: error.problems }
  return { code: 'unreachable', message: error instanceof Error ? error.message : String(error), problems: [] }
}
