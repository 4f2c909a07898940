/** What happens in the workbench, gathered per drawn frame: a thousand events a second wake the page sixty times at most. */
import { defineStore } from 'pinia'
import { shallowReadonly, shallowRef } from 'vue'
import type { Event, InstallProgress, RunState } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useTiming, type Timing } from '../client/timing.ts'
import { watchEvents, type Connection } from '../client/watch.ts'

/** The events of one frame, each study once. */
export type Batch = {
  readonly changed: ReadonlySet<string> // summaries to read again: their counts, engine or verdict moved
  readonly progressed: ReadonlySet<string> // studies with new rows in their series
  readonly ended: readonly End[]
  readonly engine: EngineNews | null
}
export type End = { readonly study: string; readonly state: RunState; readonly runs: number }

/** Of an installation: `progress` is the last of the frame, `isChanged` that it is to be read again. */
export type EngineNews = { readonly progress: InstallProgress | null; readonly isChanged: boolean }

type Listener = (batch: Batch) => unknown // what it gives back is not looked at

export const useEvents = defineStore('events', () => {
  const { client } = useHost()
  const timing = useTiming()
  const connection = shallowRef<Connection>({ kind: 'connecting' })
  const heardMs = shallowRef<number | null>(null) // when the last rows were made safe, as far as the page knows
  const listeners = new Set<Listener>()
  const renewals = new Set<() => void>()
  const gather = perFrame(timing, (batch) => {
    if (batch.changed.size > 0) heardMs.value = timing.now() // an engine's news saves nothing
    for (const listener of [...listeners]) listener(batch)
  })
  let stop: AbortController | null = null
  let wasBroken = false

  function onConnection(next: Connection): void {
    connection.value = next
    if (next.kind === 'waiting') wasBroken = true
    if (next.kind !== 'live' || !wasBroken) return
    wasBroken = false
    for (const renew of [...renewals]) renew() // what was missed may be older than what the workbench still remembers
  }

  /** Starts to follow; a second call changes nothing. */
  function follow(): void {
    if (stop !== null) return
    stop = new AbortController()
    void watchEvents({ client, timing, signal: stop.signal, onEvent: gather, onConnection })
  }

  function leave(): void {
    stop?.abort()
    stop = null
  }

  /** Calls `listener` once a frame in which something happened; returns the way to take it back. */
  function listen(listener: Listener): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Calls `renew` when the stream is there again after a break. */
  function onReturn(renew: () => void): () => void {
    renewals.add(renew)
    return () => void renewals.delete(renew)
  }

  return { connection: shallowReadonly(connection), heardMs: shallowReadonly(heardMs), follow, leave, listen, onReturn }
})

/** Gathers events until the next frame, then gives them all at once. */
function perFrame(timing: Timing, deliver: (batch: Batch) => void): (event: Event) => void {
  let pending: Gathering | null = null
  function flush(): void {
    const batch = pending
    pending = null
    if (batch !== null) deliver(batch)
  }
  return (event) => {
    if (pending === null) timing.frame(flush)
    pending ??= emptyBatch()
    add(pending, event)
  }
}

type Gathering = { changed: Set<string>; progressed: Set<string>; ended: End[]; engine: EngineNews | null }

function emptyBatch(): Gathering {
  return { changed: new Set(), progressed: new Set(), ended: [], engine: null }
}

function add(batch: Gathering, event: Event): void {
  switch (event.kind) {
    case 'studyChanged':
      batch.changed.add(event.study)
      return
    case 'progressed':
      batch.changed.add(event.study)
      batch.progressed.add(event.study)
      return
    case 'runsEnded': {
      batch.changed.add(event.study)
      batch.progressed.add(event.study)
      const known = batch.ended.findIndex(({ study, state }) => study === event.study && state === event.state)
      const runs = event.runs + (batch.ended[known]?.runs ?? 0)
      batch.ended.splice(known < 0 ? batch.ended.length : known, 1, { study: event.study, state: event.state, runs })
      return
    }
    case 'engineChanged':
      batch.engine = {
        progress: event.progress ?? batch.engine?.progress ?? null,
        isChanged: event.progress === null || (batch.engine?.isChanged ?? false),
      }
      return
    default:
      event satisfies never
  }
}
