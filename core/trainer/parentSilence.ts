/**
 * Notices a trainer that has stopped speaking. How long a silence is borne follows the trainer's own pace:
 *
 *   limit = max(floorMs, 20 × median of the last 101 intervals between messages)
 *
 * The time in which the parent itself is at work on messages does not count: a trainer waits for its acknowledgement.
 */
import type { Clock } from './clock.ts'

export type SilenceWatch = {
  /** A message came in. */
  heard(): void
  /** A message has been dealt with. */
  handled(): void
  /** Stops watching for good. */
  end(): void
}

export const silenceFloorMs = 30_000
const intervalsKept = 101
const patience = 20 // medians

export type SilenceOptions = { readonly clock: Clock; readonly floorMs: number; readonly onSilent: (silentMs: number) => void }

export function watchSilence({ clock, floorMs, onSilent }: SilenceOptions): SilenceWatch {
  const intervalsMs: number[] = []
  let lastMs: number | null = null // the start of the process is no interval between messages
  let unhandled = 0
  let isOver = false
  let cancel: () => void = () => undefined

  const arm = () => {
    const limitMs = Math.max(floorMs, patience * median(intervalsMs))
    cancel()
    cancel = clock.after(limitMs, () => onSilent(limitMs))
  }
  arm()
  return {
    heard: () => {
      if (isOver) return
      if (lastMs !== null) intervalsMs.push(clock.nowMs() - lastMs)
      if (intervalsMs.length > intervalsKept) intervalsMs.shift()
      lastMs = clock.nowMs()
      unhandled += 1
      cancel()
    },
    handled: () => {
      unhandled -= 1
      if (!isOver && unhandled === 0) arm()
    },
    end: () => {
      isOver = true
      cancel()
    },
  }
}

/** The middle of the values in order, the upper one of two; 0 of none. */
function median(values: readonly number[]): number {
  const inOrder = values.toSorted((a, b) => a - b)
  return inOrder[inOrder.length >> 1] ?? 0
}
