/**
 * The critical level of a bisection in theory: where the oracle's own prediction crosses the rule that runs are judged by. Nothing is trained.
 *
 * The theory speaks of a vector, the coefficients or the singular values. A metric that can be told from it is asked as it is. The residual of the
 * nearest mirror is told from it for factors that a decay has balanced, of which |u_j|² = |w_j|² = |v_j| (theory.md 0.4): √(min_j |v_j| / Σ|v|).
 */
import type { MetricContext } from '#core/analysis/metrics/metric.ts'
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import type { Dataset } from '#core/learning/data/data.ts'
import { oracleFor } from '#core/symmetry/predictions/registry.ts'
import { sideOf, type BisectionSettings } from './designs/bisectionDesign.ts'
import { factsOf } from './facts.ts'
import type { StudyFile } from './schema.ts'
import { withPath } from './text/withPath.ts'

export type CriticalLevel = { readonly level: number; readonly oracle: string } // its number in the handbook

const halvings = 60 // to the last bits of a float64

/**
 * The level between both ends at which the prediction changes sides; null where the theory says nothing about the metric, or not these sides.
 *
 * @param study   of one cell
 * @param design  its bisection
 * @param dataOf  the data that a run with these settings has
 * Accuracy: that of the prediction; where the rule is a tolerance on a value that falls to zero, below the level of zero by that tolerance.
 * Cost: 62 predictions.
 */
export function criticalLevel(study: StudyFile, design: BisectionSettings, dataOf: (study: StudyFile) => Dataset): CriticalLevel | null {
  if (typeof design.above.over === 'object' || study.reparametrise.length > 0) return null // a time; what was drawn for a reparametrisation
  const at = (level: number) => withPath(study, design.factor, level) as StudyFile // a number that the schema has taken at both ends
  const sideAt = (level: number) => sideOf(design.above, predictedValue(at(level), design.above.metric, dataOf))
  if (sideAt(design.from) !== 'below' || sideAt(design.to) !== 'above') return null
  let [low, high] = [design.from, design.to]
  for (let i = 0; i < halvings; i += 1) {
    const level = design.scale === 'linear' ? low + (high - low) / 2 : Math.sqrt(low) * Math.sqrt(high)
    const side = sideAt(level)
    if (side === null) return null
    if (side === 'below') low = level
    else high = level
  }
  const oracle = oracleFor(at(high))?.number
  return oracle === undefined ? null : { level: high, oracle }
}

function predictedValue(study: StudyFile, metric: string, dataOf: (study: StudyFile) => Dataset): number {
  const data = dataOf(study)
  const prediction = oracleFor(study)?.predict({ trained: study, data: data.train, constants: {} })
  if (prediction === undefined) return Number.NaN
  const { vector } = prediction
  const balanced = balancedResidual(study, metric, vector)
  if (balanced !== null) return balanced
  const facts = factsOf(study)
  const column = columnsOf(study.measure, facts).find(({ name }) => name === metric)
  if (column === undefined || !column.isPredictable || metric.includes('loss')) return Number.NaN // a loss goes through the engine
  const context: MetricContext = {
    facts,
    parameters: {},
    plain: {},
    vector,
    families: [],
    data,
    weightDecay: Number.NaN,
    prediction,
    leastMargin: Number.NaN,
    score: () => ({ loss: Number.NaN, accuracy: Number.NaN }),
    weight: unknown,
    spectrum: unknown,
    activations: unknown,
  }
  return column.of(context)
}

/** The residual of the nearest mirror of balanced factors; null for another metric or model, and without a decay, which alone balances them. */
function balancedResidual({ model, regularisation }: StudyFile, metric: string, vector: Float64Array): number | null {
  const { weightDecay, groups } = regularisation
  if (!(weightDecay > 0) || groups.length > 0) return null
  const isProduct = model.kind === 'product-linear' && model.depth === 2 && metric === 'mirror-residual:rescaling'
  const isMatrix = model.kind === 'matrix-factorisation' && model.form === 'plain' && metric === 'mirror-residual:rotation'
  if (!isProduct && !isMatrix) return null
  const sizes = vector.map(Math.abs)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const least = isMatrix ? (sizes[model.width - 1] ?? 0) : Math.min(...sizes) // singular values fall; of a wider factor some are zero
  return total === 0 ? 0 : Math.sqrt(least / total)
}

function unknown(): never {
  throw new Error('bug: criticalLevel: a metric of the theory reads a vector and nothing else')
}
