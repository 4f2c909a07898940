/** Time as the page sees it, passed in so that tests own it: the next frame, a wait, the clock. */
import { inject, type InjectionKey } from 'vue'
import { assert } from '#core/contract/errors.ts'

export type Timing = {
  /** Calls back once before the next drawing; never twice for one request. */
  frame(callback: () => void): void
  /** Ends after `ms`, or at once when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** Milliseconds since 1970. */
  now(): number
}

export const timingKey: InjectionKey<Timing> = Symbol('timing')

export function useTiming(): Timing {
  const timing = inject(timingKey, null)
  assert(timing !== null, 'useTiming: the application was made without a timing')
  return timing
}

/** The browser's own. A hidden tab draws no frames, so there a short timer takes their place. */
export function browserTiming(): Timing {
  return {
    frame(callback) {
      if (document.hidden) setTimeout(callback, 250)
      else requestAnimationFrame(callback)
    },
    wait(ms, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const end = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        signal.addEventListener('abort', end)
      })
    },
    now: () => performance.timeOrigin + performance.now(),
  }
}
