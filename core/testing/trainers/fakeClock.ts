/** A clock that a test turns by hand: calls happen inside `advance`, in the order of their times. */
import type { Clock } from '#core/trainer/clock.ts'

export type FakeClock = Clock & { advance(ms: number): void }

export function fakeClock(): FakeClock {
  let now = 0
  const waiting = new Set<{ readonly atMs: number; readonly call: () => void }>()
  const nextUpTo = (endMs: number) => [...waiting].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0]
  return {
    nowMs: () => now,
    after: (delayMs, call) => {
      const entry = { atMs: now + delayMs, call }
      waiting.add(entry)
      return () => void waiting.delete(entry)
    },
    advance: (ms) => {
      const endMs = now + ms
      for (let entry = nextUpTo(endMs); entry !== undefined; entry = nextUpTo(endMs)) {
        waiting.delete(entry)
        now = entry.atMs
        entry.call()
      }
      now = endMs
    },
  }
}
