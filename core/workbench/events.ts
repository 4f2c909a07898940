/**
 * What changed, in order. The last ten thousand events are kept: a reader that comes back with the cursor of the last one it saw misses nothing; one that
 * stayed away longer is told that every study changed.
 */
import type { Event } from '#core/contract/events.ts'

type Said = Event extends infer E ? (E extends Event ? Omit<E, 'cursor'> : never) : never

export type Events = {
  say(event: Said): void
  watch(after: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<Event, void>
}

const kept = 10_000

export function createEvents(studies: () => readonly string[]): Events {
  const events: Event[] = []
  const waiting = new Set<() => void>()
  let cursor = 0

  return {
    say: (event) => {
      cursor += 1
      events.push({ ...event, cursor })
      if (events.length > 2 * kept) events.splice(0, events.length - kept)
      for (const wake of waiting) wake()
    },
    async *watch(after, signal) {
      let seen = after ?? cursor
      const oldest = events[0]?.cursor ?? cursor + 1
      if (seen > cursor || seen < oldest - 1) {
        for (const study of studies()) yield { kind: 'studyChanged', cursor, study }
        seen = cursor
      }
      while (signal?.aborted !== true) {
        const first = events[0]?.cursor ?? cursor + 1
        const fresh = events.slice(Math.max(0, seen + 1 - first))
        for (const event of fresh) {
          seen = event.cursor
          yield event
        }
        if (fresh.length === 0) await nextEvent(waiting, signal)
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
