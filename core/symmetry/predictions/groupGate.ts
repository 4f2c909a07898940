/**
 * The group gate: one vector of targets behind a single gate, a factorised matrix with one column and inner width 1. All of it vanishes together.
 * Source: theory.md 8.4.
 */
import { groupGate } from '../oracles/groupGate.ts'
import type { Boundary } from './boundary.ts'
import { isFactorised, lastToDie, softened } from './factorisation.ts'
import type { Oracle, Trained } from './prediction.ts'

export const groupGateOracle: Oracle = {
  kind: 'group-gate',
  ...groupGate,
  speaksOf: (trained) =>
    isFactorised(trained) && trained.model.kind === 'matrix-factorisation' && trained.model.width === 1 && hasOneOutput(trained),
  predict: (subject) => softened(subject, groupGate.number), // the only singular value is the norm: max(‖y‖ − γ, 0)
}

/** The vector behind the gate is zero iff γ/c ≥ ‖y‖. Source: theory.md 8.4. */
export const groupGateBoundary: Boundary = {
  kind: groupGateOracle.kind,
  number: groupGateOracle.number,
  title: groupGateOracle.title,
  speaksOf: (trained) => groupGateOracle.speaksOf(trained),
  criterionOn: lastToDie,
}

function hasOneOutput({ data }: Trained): boolean {
  return data.columns === 1 || (data.y?.every((row) => row.length === 1) ?? false)
}
