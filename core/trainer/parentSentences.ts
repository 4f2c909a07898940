/** What the parent says for a trainer that can't speak for itself any more. */
import { quote, type RefusalRecord } from '#core/contract/errors.ts'
import type { State } from './parentStates.ts'

/** How a process ended: by a code or by a signal, with the end of what it wrote on stderr. */
export type Exit = { readonly code: number | null; readonly signal: string | null; readonly stderr: string }

const linesQuoted = 4
const charactersQuoted = 400

/** `forcedBy` is the signal that the parent itself sent, because the trainer did not stop. */
export function crashRefusal(exit: Exit, { state, forcedBy }: { readonly state: State; readonly forcedBy: string | null }): RefusalRecord {
  const how = exit.signal === null ? `exit code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`
  const why = forcedBy !== null ? ', sent because it did not stop' : exit.signal === 'SIGKILL' ? '; a system short of memory sends it' : ''
  const words = lastLines(exit.stderr)
  const heard = words === '' ? '' : `; last words: ${quote(words, charactersQuoted + 2)}`
  return { code: 'trainer-crashed', message: `trainer: expected an answer before its end, got ${how} while ${state}${why}${heard}` }
}

export function killedRefusal(state: State): RefusalRecord {
  return { code: 'trainer-crashed', message: `trainer: expected an answer before its end, got ended by the program while ${state}` }
}

export function silenceRefusal(silentMs: number, state: State): RefusalRecord {
  const seconds = Math.round(silentMs / 100) / 10
  return { code: 'trainer-silent', message: `trainer: expected a message within ${seconds} s, got silence while ${state}; it was ended` }
}

export function bugRefusal(expected: string, got: string): RefusalRecord {
  return { code: 'internal', message: `bug: trainer: expected ${expected}, got ${got}` }
}

/** The last lines that say something: frames of JavaScript's and of native stacks, Node's signature, and what TensorFlow only notes (I0000 …) are left out. */
function lastLines(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(at |\d+: |-{3,}|\^+$|Node\.js v\d|I\d{4} |WARNING: All log messages before absl::)/.test(line))
  return lines.slice(-linesQuoted).join(' / ').slice(-charactersQuoted)
}
