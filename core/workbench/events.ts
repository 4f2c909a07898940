/**
 * What changed, in order. At least the last ten thousand events are kept: a reader that comes back with the cursor of the last one it saw misses nothing; one that
 * stayed away longer is told that every study changed, and the engines.
 */
import type { Event } from '#core/contract/events.ts'

type Said = Event extends infer E ? (E extends Event ? Omit<E, 'cursor'> : never) : never

export type Events = {
  say(event: Said): void
  watch(after: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<Event, void>
}

const kept = 10_000

/**
 * @param studies  those of the project, told to a reader that has missed events
 * @param first    the cursor before the first event. A host gives its clock: so a cursor of an earlier process is below all of this one's,
 *                 and its reader is told that it missed events instead of going on in the middle of others
 */
export function createEvents(studies: () => readonly string[], first = 0): Events {
  const events: Event[] = []
  const waiting = new Set<() => void>()
  let cursor = first

  return {
    say: (event) => {
      cursor += 1
      events.push({ ...event, cursor })
      if (events.length > 2 * kept) events.splice(0, events.length - kept)
      for (const wake of waiting) wake()
    },
    async *watch(after, signal) {
      let seen = after ?? cursor
      while (signal?.aborted !== true) {
        const oldest = events[0]?.cursor ?? cursor + 1
        if (seen > cursor || seen < oldest - 1) {
          const missed = cursor // events that come while these are read are told after them
          for (const study of studies()) yield { kind: 'studyChanged', cursor: missed, study }
          yield { kind: 'engineChanged', cursor: missed, progress: null }
          seen = missed
          continue
        }
        const next = events[seen + 1 - oldest] // one at a time: while a slow reader reads, older ones may go
        if (next === undefined) await nextEvent(waiting, signal)
        else {
          seen = next.cursor
          yield next
        }
      }
    },
  }
}

/** Resolves at the next event, or when the reader leaves. */
function nextEvent(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    waiting.add(wake)
    signal?.addEventListener('abort', wake)
  })
}
