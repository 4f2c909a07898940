/** The oracles that speak of studies, a row each. */
import type { Words } from '#core/contract/values.ts'
import type { Boundary } from './boundary.ts'
import { constraintBoundary, constraintOracle } from './constraint.ts'
import { depthProductBoundary, depthProductOracle } from './depthProduct.ts'
import { factorisationBoundary, factorisationOracle } from './factorisation.ts'
import { groupGateBoundary, groupGateOracle } from './groupGate.ts'
import { lassoBoundary, lassoOracle } from './lasso.ts'
import { linearVaeBoundary, linearVaeOracle } from './linearVae.ts'
import { noiseDecayBoundary, noiseDecayOracle } from './noiseDecay.ts'
import type { Oracle, Trained } from './prediction.ts'
import { residualOracle } from './residual.ts'
import { ridgeOracle } from './ridge.ts'
import { selfSupervisedBoundary, selfSupervisedOracle } from './selfSupervised.ts'
import { sgdThresholdsBoundary } from './sgdThresholds.ts'
import { symmetricFactorisationBoundary, symmetricFactorisationOracle } from './symmetricFactorisation.ts'
import { syreOracle } from './syre.ts'
import { tiedAutoencoderBoundary, tiedAutoencoderOracle } from './tiedAutoencoder.ts'

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

/** The first that speaks counts, as of the oracles; of noisy products the exponents of every learning rate before what is true of small ones. */
const boundaries: readonly Boundary[] = [
  lassoBoundary,
  depthProductBoundary,
  groupGateBoundary,
  factorisationBoundary,
  symmetricFactorisationBoundary,
  tiedAutoencoderBoundary,
  constraintBoundary,
  linearVaeBoundary,
  selfSupervisedBoundary,
  sgdThresholdsBoundary,
  noiseDecayBoundary,
]

/** What the oracle with this number in the handbook is called; null for a number that no oracle has. */
export function oracleTitle(number: string): Words | null {
  return [...oracles, ...meanOracles, ...boundaries].find((oracle) => oracle.number === number)?.title ?? null
}

/** Whether the oracle with this number speaks of means over the second half of training, not of how a run ends. */
export function isOfMeans(number: string): boolean {
  return meanOracles.some((oracle) => oracle.number === number)
}

/** The oracle that speaks of what is trained, or null where the theory has no closed form (theory.md section 8). */
export function oracleFor(trained: Trained): Oracle | null {
  return oracles.find((oracle) => oracle.speaksOf(trained)) ?? null
}

/** The oracle whose vector is the mean over the second half of training, and over replicates: never the last value of a run. Null where there is none. */
export function meanOracleFor(trained: Trained): Oracle | null {
  return meanOracles.find((oracle) => oracle.speaksOf(trained)) ?? null
}

/** What says on which side of its collapse a study lies, or null where the theory has no closed form. */
export function boundaryFor(trained: Trained): Boundary | null {
  return boundaries.find((boundary) => boundary.speaksOf(trained)) ?? null
}
