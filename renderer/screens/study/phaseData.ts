/** From a phase diagram as the workbench makes it to what the chart draws, and which factors can span one. */
import type { Factor, Phase, Study } from '#core/contract/index.ts'
import type { PhaseData } from '#core/presentation/charts/phase.ts'
import { chartMetric } from './curvesData.ts'

/** Factors with an order and more than one level: two of them span a diagram. */
export function phaseFactors({ factors }: Pick<Study, 'factors'>): readonly Factor[] {
  return factors.filter(({ ordered, levels }) => ordered && levels.length > 1)
}

/** The metric until the reader chooses: what the first gate judges, else the first. */
export function phaseMetric({ verdict, metrics }: Pick<Study, 'verdict' | 'metrics'>): string {
  const judged = verdict.find(({ metric }) => metrics.some(({ name }) => name === metric))
  return judged?.metric ?? metrics[0]?.name ?? ''
}

export function phaseData(study: Study, phase: Phase): PhaseData {
  const titled = (path: string) => study.factors.find((factor) => factor.path === path) ?? { title: { en: path, ja: path } }
  return { metric: chartMetric(study, phase.metric), x: titled(phase.x.factor), y: titled(phase.y.factor), phase }
}
