/**
 * Follows the workbench's events for as long as the page lives. A stream that ends or breaks is opened again after the last
 * event that was seen, with a growing pause; an event that arrives twice is passed on once.
 */
import type { Event } from '#core/contract/index.ts'
import type { Problem } from './problem.ts'
import type { Client } from './client.ts'
import { toProblem } from './problem.ts'
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

const firstPauseMs = 250
const longestPauseMs = 8_000

export async function watchEvents({ client, timing, signal, onEvent, onConnection }: Watch): Promise<void> {
  let seen: number | null = null
  let pauseMs = firstPauseMs
  onConnection({ kind: 'connecting' })
  while (!signal.aborted) {
    let problem: Problem | null = null
    try {
      const stream: AsyncIterable<Event> = await client.events.watch(seen === null ? {} : { after: seen }, { signal })
      onConnection({ kind: 'live' })
      for await (const event of stream) {
        pauseMs = firstPauseMs
        if (seen !== null && event.cursor <= seen) continue
        seen = event.cursor
        onEvent(event)
      }
    } catch (error) {
      problem = toProblem(error)
    }
    if (signal.aborted) return
    onConnection({ kind: 'waiting', problem, retryMs: pauseMs })
    await timing.wait(pauseMs, signal)
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  }
}
