/**
 * Follows the workbench's events for as long as the page lives. A stream that ends or breaks is opened again after the last
 * event that was seen, with a growing pause; an event that arrives twice is passed on once, unless it only says what to read again.
 */
import type { Event } from '#core/contract/index.ts'
import type { Client } from './client.ts'
import { toProblem, type Problem } from './problem.ts'
import type { Timing } from './timing.ts'

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly problem: Problem | null; readonly retryMs: number }

export type Watch = {
  readonly client: Client
  readonly timing: Timing
  readonly signal: AbortSignal
  onEvent(event: Event): void
  onConnection(connection: Connection): void
}

/** What outlives a stream: the last event seen, and how long to wait before the next try. */
type Place = { seen: number | null; pauseMs: number }

const firstPauseMs = 250
const longestPauseMs = 8_000

export async function watchEvents(watch: Watch): Promise<void> {
  const { timing, signal, onConnection } = watch
  const place: Place = { seen: null, pauseMs: firstPauseMs }
  onConnection({ kind: 'connecting' })
  while (!signal.aborted) {
    const problem = await readStream(watch, place).then(() => null, toProblem)
    if (signal.aborted) return
    onConnection({ kind: 'waiting', problem, retryMs: place.pauseMs })
    await timing.wait(place.pauseMs, signal)
    place.pauseMs = Math.min(2 * place.pauseMs, longestPauseMs)
  }
}

/** Reads one stream to its end. Only an event makes the next pause short again: a door that opens and shuts at once is no connection. */
async function readStream({ client, signal, onEvent, onConnection }: Watch, place: Place): Promise<void> {
  const stream: AsyncIterable<Event> = await client.events.watch(place.seen === null ? {} : { after: place.seen }, { signal })
  onConnection({ kind: 'live' })
  for await (const event of stream) {
    place.pauseMs = firstPauseMs
    if (place.seen !== null && isOld(event, place.seen)) continue
    place.seen = event.cursor
    onEvent(event)
  }
}

/** A reader that was overtaken is told what to read again in several events of one number. */
function isOld({ kind, cursor }: Event, seen: number): boolean {
  return cursor < seen || (cursor === seen && kind !== 'studyChanged' && kind !== 'engineChanged')
}
