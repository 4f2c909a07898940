/** Rules that end a run in the middle of its training: gates with `stopFrom`, looked at whenever metrics are recorded. */
import { breaks, type Gate } from './gates.ts'
import type { Cell } from './cells.ts'
import { speaksAbout } from './study.ts'

/** One such rule for one run; `gate` is its place in the study. */
export type StopRule = Pick<Gate, 'metric' | 'atMost' | 'atLeast'> & { readonly gate: number; readonly from: number }

/** The rules that may stop a run with these levels, in the order of the study's gates. */
export function stopRulesOf(gates: readonly Gate[], levels: Cell['levels']): readonly StopRule[] {
  return gates.flatMap(({ metric, atMost, atLeast, stopFrom, where }, gate) => {
    if (stopFrom === undefined || !speaksAbout(where, levels)) return []
    return [{ gate, metric, from: stopFrom, ...(atMost === undefined ? {} : { atMost }), ...(atLeast === undefined ? {} : { atLeast }) }]
  })
}

/**
 * The gate by which a run stops at a recorded step, or null. A metric without a value (NaN) breaks no rule here: there is nothing to judge yet.
 *
 * @param valueOf  the recorded value of a metric
 */
export function brokenAt(
  rules: readonly StopRule[],
  { step, valueOf }: { step: number; valueOf: (metric: string) => number },
): number | null {
  return rules.find((rule) => step >= rule.from && breaks(rule, valueOf(rule.metric)))?.gate ?? null
}
