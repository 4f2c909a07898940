/** The oracles that speak of studies, a row each. */
import type { Words } from '#core/contract/values.ts'
import { constraintOracle } from './constraint.ts'
import { depthProductOracle } from './depthProduct.ts'
import { factorisationOracle } from './factorisation.ts'
import { groupGateOracle } from './groupGate.ts'
import { lassoOracle } from './lasso.ts'
import { linearVaeOracle } from './linearVae.ts'
import { noiseDecayOracle } from './noiseDecay.ts'
import type { Oracle, Trained } from './prediction.ts'
import { residualOracle } from './residual.ts'
import { ridgeOracle } from './ridge.ts'
import { selfSupervisedOracle } from './selfSupervised.ts'
import { symmetricFactorisationOracle } from './symmetricFactorisation.ts'
import { syreOracle } from './syre.ts'
import { tiedAutoencoderOracle } from './tiedAutoencoder.ts'

/** The first that speaks counts: the lasso before other constraints, one gate before other factorisations. */
const oracles: readonly Oracle[] = [
  lassoOracle,
  ridgeOracle,
  depthProductOracle,
  groupGateOracle,
  factorisationOracle,
  symmetricFactorisationOracle,
  residualOracle,
  tiedAutoencoderOracle,
  constraintOracle,
  syreOracle,
  linearVaeOracle,
  selfSupervisedOracle,
]

/** Oracles of what a run is in the mean over its second half, where no run stands still. */
const meanOracles: readonly Oracle[] = [noiseDecayOracle]

/** What the oracle with this number in the handbook is called; null for a number that no oracle has. */
export function oracleTitle(number: string): Words | null {
  return [...oracles, ...meanOracles].find((oracle) => oracle.number === number)?.title ?? null
}

/** The oracle that speaks of what is trained, or null where the theory has no closed form (theory.md section 8). */
export function oracleFor(trained: Trained): Oracle | null {
  return oracles.find((oracle) => oracle.speaksOf(trained)) ?? null
}

/** The oracle whose vector is the mean over the second half of training, and over replicates: never the last value of a run. Null where there is none. */
export function meanOracleFor(trained: Trained): Oracle | null {
  return meanOracles.find((oracle) => oracle.speaksOf(trained)) ?? null
}
