/**
 * How the program says no. A refusal is a sentence with a code from one closed table; a bug is an assertion; an outcome of
 * training (diverged, reached its last step) is data and lives in `runs.ts`, never here.
 */
import { z } from 'zod'

/** Every code with its HTTP status and the exit status of the command line. */
export const codes = {
  'invalid-input': { http: 400, exit: 2 }, // a field, a file or an argument breaks a rule
  'not-found': { http: 404, exit: 2 }, // no such study, run, preset, artifact
  conflict: { http: 409, exit: 1 }, // held by another process, read-only, newer schema, already running
  cancelled: { http: 499, exit: 1 }, // the user stopped it
  'engine-unavailable': { http: 503, exit: 1 }, // library, driver, adapter or memory missing
  'trainer-crashed': { http: 500, exit: 1 }, // a process ended without a word
  'trainer-silent': { http: 504, exit: 1 }, // a process stopped speaking
  'store-failed': { http: 507, exit: 1 }, // disk full, damage, read or write error
  internal: { http: 500, exit: 1 }, // a bug; the text goes to the log, not to the page
} as const satisfies Record<string, { readonly http: number; readonly exit: 1 | 2 }>

export type Code = keyof typeof codes

export const codeNames = Object.keys(codes) as Code[] // Object.keys forgets the key type; the table above is the only source

/** What travels between processes: an `Error` loses its class and code in a structured clone. */
export const refusalRecord = z.strictObject({
  code: z.enum(codeNames),
  message: z.string(),
  problems: z.array(z.string()).optional(),
})
export type RefusalRecord = z.infer<typeof refusalRecord>

/**
 * A sentence that stops an action: `<field or function>: expected <rule>, got <value>`, then what to do where we know it.
 * `problems` holds every problem of one input, one sentence each, when there are several.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: Code
  readonly problems: readonly string[]

  constructor(code: Code, message: string, problems: readonly string[] = []) {
    super(message)
    this.code = code
    this.problems = problems
  }
}

/** The plain record of any thrown value; what is not a refusal is a bug and becomes `internal`. */
export function toRecord(error: unknown): RefusalRecord {
  if (error instanceof Refusal) {
    const { code, message, problems } = error
    return problems.length > 0 ? { code, message, problems: [...problems] } : { code, message }
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}

/** The refusal that a record from another process stands for. */
export function fromRecord(record: RefusalRecord): Refusal {
  return new Refusal(record.code, record.message, record.problems)
}

/** Text from outside, made safe to stand inside a sentence: quoted, cut at `limit` signs, control characters escaped. */
export function quote(value: unknown, limit = 60): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : plainText(value)
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`
}

function plainText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' || value == null) return String(value)
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value // a cycle, or a value that JSON cannot hold
  }
}

/** Stops with a bug's sentence when `condition` is false. For what cannot happen, never for what a user wrote. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`bug: ${sentence}`)
}
