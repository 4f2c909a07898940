/**
 * The kinds of both unions of `protocol.ts` at run time, so that a message that is none of ours (a library that speaks on
 * the same channel) is noticed at the door. Fields are not checked: both ends are this program, of one protocol number.
 */
import type { FromTrainer, ToTrainer } from './protocol.ts'

/** The message of one kind. */
export type Said<K extends FromTrainer['kind']> = Extract<FromTrainer, { kind: K }>

const fromTrainerKinds = {
  ready: true,
  refused: true,
  began: true,
  progress: true,
  artifact: true,
  runsEnded: true,
  alive: true,
  ended: true,
  failed: true,
  log: true,
} satisfies Record<FromTrainer['kind'], true>

const toTrainerKinds = { hello: true, start: true, stop: true, acknowledge: true, shutdown: true } satisfies Record<ToTrainer['kind'], true>

export function isFromTrainer(value: unknown): value is FromTrainer {
  return hasKind(value, fromTrainerKinds)
}

export function isToTrainer(value: unknown): value is ToTrainer {
  return hasKind(value, toTrainerKinds)
}

function hasKind(value: unknown, kinds: Readonly<Record<string, true>>): boolean {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string' && Object.hasOwn(kinds, value.kind)
  )
}
