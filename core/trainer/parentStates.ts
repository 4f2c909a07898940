/**
 * The states of a trainer as its parent sees it, as data. A message that has no row in the state that it comes in is a bug
 * of the trainer.
 *
 *   idle → starting → ready → running → stopping → leaving → stopped      dismissed: its verdict is known, it is being ended
 *   from any state with a process and without an answer → crashed
 */
import type { FromTrainer } from './protocol.ts'

export const states = ['idle', 'starting', 'ready', 'running', 'stopping', 'leaving', 'dismissed', 'stopped', 'crashed'] as const
export type State = (typeof states)[number]

/** `launched`, `stop`, `dismiss` are the parent's own doing; `exited` is the process's end; the rest are messages. */
export type StateEvent = FromTrainer['kind'] | 'launched' | 'stop' | 'dismiss' | 'exited'

type Row = { readonly [E in StateEvent]?: State }

export const transitions: { readonly [S in State]: Row } = {
  idle: { launched: 'starting' },
  // hello was said
  starting: { ready: 'ready', refused: 'leaving', log: 'starting', stop: 'starting', dismiss: 'dismissed', exited: 'crashed' },
  // start was said, and the job has not begun to train; jobs that train nothing end from here
  ready: {
    began: 'running',
    artifact: 'ready',
    alive: 'ready',
    log: 'ready',
    ended: 'leaving',
    failed: 'leaving',
    stop: 'stopping',
    dismiss: 'dismissed',
    exited: 'crashed',
  },
  running: {
    progress: 'running',
    artifact: 'running',
    runsEnded: 'running',
    alive: 'running',
    log: 'running',
    ended: 'leaving',
    failed: 'leaving',
    stop: 'stopping',
    dismiss: 'dismissed',
    exited: 'crashed',
  },
  // stop was said; what the job sends on its way is as good as before
  stopping: {
    began: 'stopping',
    progress: 'stopping',
    artifact: 'stopping',
    runsEnded: 'stopping',
    alive: 'stopping',
    log: 'stopping',
    ended: 'leaving',
    failed: 'leaving',
    stop: 'stopping',
    dismiss: 'dismissed',
    exited: 'crashed',
  },
  // the answer is there, shutdown was said
  leaving: { log: 'leaving', stop: 'leaving', dismiss: 'dismissed', exited: 'stopped' },
  // the parent has given the trainer up and hears nothing more of it
  dismissed: { stop: 'dismissed', dismiss: 'dismissed', exited: 'stopped' },
  stopped: {},
  crashed: {},
}

/** The state after an event, or null where the event has no place. */
export function nextState(state: State, event: StateEvent): State | null {
  return transitions[state][event] ?? null
}
