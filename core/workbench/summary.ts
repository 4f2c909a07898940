/** What a study says about itself from the moment it is planned: its plan, its metrics, its formula. */
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import type { EngineName } from '#core/contract/engines.ts'
import type { Metric, Plan } from '#core/contract/studies.ts'
import { estimateSeconds, type Stack } from '#core/plan/plan.ts'
import { lossOf, modelOf } from '#core/study/kinds.ts'
import { factsOf } from '#core/study/facts.ts'
import { factorsOf } from '#core/study/factors.ts'
import type { StudyFile } from '#core/study/schema.ts'
import { runCounts, type Study } from '#core/study/study.ts'
import type { Source } from './sources.ts'

export function planOf({ study, stacks }: Source, engine: EngineName): Plan {
  const sum = (value: (stack: Stack) => number) => stacks.reduce((total, stack) => total + value(stack), 0)
  const { least, most } = runCounts(study)
  const rounds = least === 0 ? 0 : (2 * (most - least)) / least // after the first, each of half its runs
  const round = (stack: Stack): Stack => ({ ...stack, runs: stack.runs.slice(0, Math.ceil(stack.runs.length / 2)) })
  return {
    name: study.file.name,
    hash: study.hash,
    title: titleOf(study.file),
    cells: study.cells.length,
    seeds: study.file.seeds.count,
    runs: least,
    mostRuns: most > least ? most : null,
    engine,
    seconds: sum((stack) => estimateSeconds(stack) + rounds * estimateSeconds(round(stack))),
    bytes: Math.round(sum(({ seriesBytes }) => seriesBytes) * (1 + rounds / 2)),
    factors: factorsOf(study),
    stacks: stacks.map((stack, i) => ({
      id: stackId(study.id, i),
      runs: stack.runs.length,
      shape: stack.shape,
      parameters: stack.parameters,
      steps: stack.steps,
      bytes: stack.seriesBytes,
      seconds: estimateSeconds(stack),
    })),
    warnings: warningsOf(study),
  }
}

export function stackId(study: string, position: number): string {
  return `${study}.stack-${position + 1}`
}

export function titleOf({ name, title }: StudyFile): { en: string; ja: string } {
  return title ?? { en: name, ja: name }
}

/** Every column that some cell records, in the order of the registry. */
export function metricsOf(study: Study): Metric[] {
  const metrics = new Map<string, Metric>()
  for (const cell of study.cells) {
    for (const { name, title, scale, isPredictable } of columnsOf(cell.study.measure, factsOf(cell.study)))
      metrics.set(name, { name, title, unit: '1', scale, isPredictable })
  }
  return [...metrics.values()]
}

/** The loss with its decay, in TeX, as the first cell has it. */
export function formulaOf({ cells }: Study): string {
  const [cell] = cells
  if (cell === undefined) return ''
  const [model, loss] = [modelOf(cell.study), lossOf(cell.study)]
  return `\\ell(\\theta) = ${loss.kind.formula(loss.settings, model.kind.formula(model.settings))} + \\gamma \\lVert\\theta\\rVert^2`
}

/** What is legal and probably not meant. */
function warningsOf({ file, cells }: Study): string[] {
  const warnings: string[] = []
  if (file.seeds.count === 1) warnings.push('seeds.count: one seed gives no interval and no test; at least 2 are needed')
  if (file.design.kind === 'bisection' && !file.seeds.paired)
    warnings.push('seeds.paired: a seed that is not paired draws anew at every level, so that its bracket is of several draws')
  const swallowed = cells.filter(({ study }) => {
    const change = 2 * study.optimiser.learningRate * study.regularisation.weightDecay
    return change > 0 && change < 1e-6
  })
  if (swallowed.length > 0)
    warnings.push(`regularisation.weightDecay: 2ηγ < 1e-6 in ${swallowed.length} cells; float32 may round the decay away`) // theory.md 11.7
  return warnings
}
