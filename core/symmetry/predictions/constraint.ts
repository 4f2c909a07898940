/**
 * Constraints by symmetry (DCS) on the plain linear model with white inputs. With t the target, coefficients as one vector, and c the scale of ‖θ − t‖²:
 *
 *   θ = (t − OOᵀt)/(1 + γ_v/c) + O·soft(Oᵀt, √(γ_uγ_w)/c);   as a group gate the last is O·Oᵀt·max(1 − √(γ_aγ_w)/(c‖Oᵀt‖), 0)
 *
 * γ_v is the decay of the free part, 0 where κ is given to u and w alone. NaN for inputs that are not white.
 * Source: theory.md 8.12, 8.4, section 4.
 */
import { constraintMatrix } from '#core/learning/reparametrise/constraint.ts'
import { matrixTimes, transposeTimes } from '#core/numerics/linalg/matrix.ts'
import { maxAbs, norm } from '#core/numerics/linalg/vector.ts'
import { dcsTie } from '../oracles/dcsTie.ts'
import { groupGateMinimum } from '../oracles/groupGate.ts'
import { softThreshold } from '../oracles/lasso.ts'
import type { Boundary } from './boundary.ts'
import {
  commonDecay,
  decaysOf,
  dyingRate,
  isMeanSquare,
  isPlain,
  meanSquareScale,
  productDecay,
  unknown,
  type Oracle,
  type Trained,
} from './prediction.ts'
import { mayHaveTarget, targetOf, whitened } from './target.ts'

export const constraintOracle: Oracle = {
  kind: 'constraint',
  ...dcsTie,
  speaksOf: (trained) =>
    isPlain(trained) &&
    isMeanSquare(trained) &&
    mayHaveTarget(trained) &&
    trained.model.kind === 'linear' &&
    constraintOf(trained) !== null &&
    !Number.isNaN(productDecay(trained, factorsOf(trained))) &&
    !Number.isNaN(commonDecay(trained, ['dcs:v/v'])),
  predict({ trained, data }) {
    const settings = constraintOf(trained)
    const found = targetOf(trained, data)
    const shape = [data.x.columns, data.y.columns]
    const size = data.x.columns * data.y.columns
    if (settings === null || found === null) return { oracle: dcsTie.number, vector: unknown(size), margin: unknown(size) }
    const { scale, target } = found
    const o = constraintMatrix(settings.constraint, [{ name: 'v', shape }])
    const strength = productDecay(trained, factorsOf(trained)) / scale
    const violation = transposeTimes(o, target.values) // Oᵀt
    const kept =
      settings.gate === 'group' ? groupGateMinimum(violation, strength) : violation.map((value) => softThreshold(value, strength))
    const [across, along] = [matrixTimes(o, violation), matrixTimes(o, kept)]
    const shrink = 1 + commonDecay(trained, ['dcs:v/v']) / scale
    const vector = target.values.map((value, i) => (value - (across[i] ?? Number.NaN)) / shrink + (along[i] ?? Number.NaN))
    const margin = vector.map((value, i) => {
      if (value !== 0 || settings.constraint.kind !== 'zero') return Number.NaN // what is constrained is no entry
      const pull = settings.gate === 'group' ? norm(violation) : Math.abs(violation[i] ?? Number.NaN)
      return dyingRate(decaysOf(trained, factorsOf(trained)), scale * pull)
    })
    return { oracle: dcsTie.number, vector, margin }
  },
}

/**
 * The constraint Oᵀθ = 0 holds iff √(γ_uγ_w)/c ≥ max|Oᵀt|, of a group gate ‖Oᵀt‖.
 *
 * @returns  δ of the condition that is met last
 * Source: theory.md 8.12, 8.4.
 */
export const constraintBoundary: Boundary = {
  kind: constraintOracle.kind,
  number: constraintOracle.number,
  title: constraintOracle.title,
  speaksOf: (trained) => constraintOracle.speaksOf(trained),
  criterionOn(data) {
    const found = whitened(data)
    return (trained) => {
      const settings = constraintOf(trained)
      if (found === null || settings === null) return Number.NaN
      const o = constraintMatrix(settings.constraint, [{ name: 'v', shape: [data.x.columns, data.y.columns] }])
      const violation = transposeTimes(o, found.target.values)
      const pull = settings.gate === 'group' ? norm(violation) : maxAbs(violation)
      return dyingRate(decaysOf(trained, factorsOf(trained)), meanSquareScale(trained, data.x.rows) * found.share * pull)
    }
  },
}

function constraintOf({ reparametrise: [only, ...others] }: Trained) {
  return only?.kind === 'dcs' && others.length === 0 ? only : null
}

function factorsOf(trained: Trained): readonly string[] {
  return [constraintOf(trained)?.gate === 'group' ? 'dcs:v/gate' : 'dcs:v/u', 'dcs:v/w']
}
