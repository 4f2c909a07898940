/** Series of metrics over steps, kept as the typed arrays that the workbench sends, read again while their study trains. */
import { defineStore } from 'pinia'
import { markRaw, shallowReadonly, shallowRef, type ShallowRef } from 'vue'
import type { Series, SeriesQuery } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { toProblem, type Problem } from '../client/problem.ts'
import { useTiming, type Timing } from '../client/timing.ts'
import { createThrottle } from './throttle.ts'
import { useEvents } from './events.ts'

const refreshMs = 100

/** A series on the screen; `close` when it leaves. */
export type OpenSeries = {
  readonly series: Readonly<ShallowRef<Series | null>>
  readonly problem: Readonly<ShallowRef<Problem | null>>
  close(): void
}

type Entry = {
  readonly query: SeriesQuery
  readonly series: ShallowRef<Series | null>
  readonly problem: ShallowRef<Problem | null>
  readers: number
}

export const useSeries = defineStore('series', () => {
  const { client } = useHost()
  const events = useEvents()
  const entries = new Map<string, Entry>()
  const timing = useTiming()
  const throttle = createThrottle(timing, refreshMs, read)

  async function read(key: string): Promise<void> {
    const entry = entries.get(key)
    if (entry === undefined) return
    try {
      entry.series.value = markRaw(await client.series.read(entry.query))
      entry.problem.value = null
    } catch (error) {
      entry.problem.value = toProblem(error)
    }
    await digest(timing)
  }

  events.listen(({ progressed }) => {
    for (const [key, { query }] of entries) if (progressed.has(query.study)) void throttle.ask(key)
  })
  events.onReturn(() => {
    for (const key of entries.keys()) void throttle.ask(key)
  })

  function open(query: SeriesQuery): OpenSeries {
    const key = `${query.study} ${query.metric} ${query.buckets ?? ''}`
    const entry = entries.get(key) ?? { query, series: shallowRef(null), problem: shallowRef(null), readers: 0 }
    entries.set(key, entry)
    entry.readers += 1
    void throttle.ask(key)
    let isOpen = true
    function close(): void {
      if (!isOpen || entry === undefined) return
      isOpen = false
      entry.readers -= 1
      if (entry.readers === 0) entries.delete(key)
    }
    return { series: shallowReadonly(entry.series), problem: shallowReadonly(entry.problem), close }
  }

  return { open }
})

/**
 * Lets the page draw what came, then rest twice as long as that took: on a slow machine the curves move less often, and what the
 * reader does is still answered. The first frame draws; the second says that it has drawn.
 */
async function digest({ frame, now, wait }: Timing): Promise<void> {
  const begun = now()
  await new Promise<void>((resolve) => frame(resolve))
  await new Promise<void>((resolve) => frame(resolve))
  await wait(2 * (now() - begun), new AbortController().signal)
}
