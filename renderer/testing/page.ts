/** The page's stores without a page: an application that is never mounted, a workbench in memory, and time that stands still. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { hostKey, type Host } from '../client/client.ts'
import { timingKey, type Timing } from '../client/timing.ts'
import type { StandIn } from './standIn.ts'

export type Clock = Timing & {
  /** Draws a frame: calls back whoever waits for one. */
  draw(): void
  /** Ends every wait that has begun, and says how long each would have been. */
  pass(): readonly number[]
  /** Moves the clock, and nothing else. */
  advance(ms: number): void
  readonly frames: number // how many frames were asked for
}

export function createClock(): Clock {
  let callbacks: (() => void)[] = []
  let waits: { readonly ms: number; readonly end: () => void }[] = []
  let frames = 0
  let now = 1_000
  return {
    frame(callback) {
      frames += 1
      callbacks.push(callback)
    },
    wait(ms, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', () => resolve())
        waits.push({ ms, end: resolve })
      })
    },
    now: () => now,
    advance(ms) {
      now += ms
    },
    draw() {
      const due = callbacks
      callbacks = []
      for (const callback of due) callback()
    },
    pass() {
      const due = waits
      waits = []
      for (const { end } of due) end()
      return due.map(({ ms }) => ms)
    },
    get frames() {
      return frames
    },
  }
}

export type Page = { readonly clock: Clock; inside<T>(use: () => T): T }

export function openPage(standIn: StandIn): Page {
  const clock = createClock()
  const host: Host = { kind: 'browser', client: standIn.client }
  const app = createApp({}).provide(hostKey, host).provide(timingKey, clock).use(createPinia())
  return { clock, inside: (use) => app.runWithContext(use) }
}

/** Lets everything that can go on without time go on: calls in this process take some turns of the loop, never a wait. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve()
  await new Promise((resolve) => setTimeout(resolve, 0))
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve()
}
