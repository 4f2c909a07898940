/** Keeps repeated work for one key apart: one at a time, a pause between two, and never less than once after the last asking. */
import type { Timing } from '../client/timing.ts'

export type Throttle = {
  /** Ends when work that began after this call has ended; work that throws is a bug of whoever gave it. */
  ask(key: string): Promise<void>
}

type Lane = { next: Promise<void> | null; last: Promise<void> }

export function createThrottle(timing: Timing, pauseMs: number, work: (key: string) => Promise<void>): Throttle {
  const lanes = new Map<string, Lane>()
  const never = new AbortController().signal

  function ask(key: string): Promise<void> {
    const lane = lanes.get(key) ?? { next: null, last: Promise.resolve() }
    lanes.set(key, lane)
    lane.next ??= follow(key, lane)
    return lane.next
  }

  function follow(key: string, lane: Lane): Promise<void> {
    const next = lane.last.then(() => {
      lane.next = null // from here on a new asking means new work
      return work(key)
    })
    lane.last = next.then(() => timing.wait(pauseMs, never)).then(() => clear(key, lane))
    return next
  }

  function clear(key: string, lane: Lane): void {
    if (lane.next === null) lanes.delete(key)
  }

  return { ask }
}
