/** What a study's counts say: whether it trains, whether it can go on, how far it is. */
import type { Study } from '#core/contract/index.ts'

export type StudyPhase = 'waiting' | 'training' | 'paused' | 'ended'

/**
 * `training` while a run runs, `waiting` while some only queue, `paused` when what is left was stopped or interrupted and can go on,
 * `ended` when every run has come to its end.
 */
export function phaseOf({ runs }: Study): StudyPhase {
  if (runs.running > 0) return 'training'
  if (runs.queued > 0) return 'waiting'
  return runs.stopped + runs.interrupted > 0 ? 'paused' : 'ended'
}

export function runCount({ runs }: Study): number {
  return Object.values(runs).reduce((sum, n) => sum + n, 0)
}

/** The share of wanted steps that are made safe, in [0, 1]. */
export function shareOf({ step, steps }: Study): number {
  return steps === 0 ? 0 : Math.min(1, step / steps)
}
