/**
 * The verdict of a study: for each of its gates, how many of the runs that it speaks about pass.
 *
 * Only finished runs count. One without a finite value, because it diverged, does not pass.
 */
import type { Run } from '#core/contract/runs.ts'
import type { VerdictPart } from '#core/contract/studies.ts'
import type { Words } from '#core/contract/values.ts'
import type { Gate } from './schema.ts'
import { labelOf, speaksAbout } from './study.ts'

export function verdictOf(gates: readonly Gate[], runs: readonly Run[], theoryOf: (cell: string) => Words | null): VerdictPart[] {
  return gates.map((gate) => {
    const wanted = Object.entries(gate.where)
    const subject = runs.filter(({ levels }) => speaksAbout(gate.where, levels))
    const rule = gate.atMost === undefined ? 'at-least' : 'at-most'
    const limit = gate.atMost ?? gate.atLeast ?? Number.NaN
    const measured = subject
      .filter(({ state }) => state === 'finished')
      .map(({ id, values }) => ({ id, value: values[gate.metric] ?? Number.NaN }))
    const passes = (value: number) => (rule === 'at-most' ? value <= limit : value >= limit)
    const worst = measured.reduce<{ id: string; value: number } | null>(
      (so, one) => (so === null || isWorse(one.value, so.value, rule) ? one : so),
      null,
    )
    return {
      metric: gate.metric,
      rule,
      limit,
      where: wanted.map(([factor, value]) => ({ factor, label: labelOf(value) })),
      theory: common(subject.map(({ cell }) => theoryOf(cell))),
      passed: measured.filter(({ value }) => passes(value)).length,
      total: measured.length,
      worst: worst?.value ?? null,
      worstRun: worst?.id ?? null,
    }
  })
}

/** The one title that all have; null where they differ. */
function common(titles: readonly (Words | null)[]): Words | null {
  const [first = null] = titles
  return titles.every((title) => title?.en === first?.en) ? first : null
}

/** NaN is worse than any number. */
function isWorse(value: number, than: number, rule: VerdictPart['rule']): boolean {
  if (Number.isNaN(than)) return false
  return Number.isNaN(value) || (rule === 'at-most' ? value > than : value < than)
}
