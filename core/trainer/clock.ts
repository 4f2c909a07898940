/** Time as the trainer's two ends need it: durations only, never the date; passed in, so that tests turn it by hand. */
export type Clock = {
  /** Milliseconds since an arbitrary moment, never going back. */
  nowMs(): number
  /** Calls once after a delay; the returned function takes the call back. */
  after(delayMs: number, call: () => void): () => void
}

/** The clock of this process. */
export const monotonicClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs)
    return () => clearTimeout(timer)
  },
}
