/** The oracles that speak of studies, a row each. */
import type { Words } from '#core/contract/values.ts'
import { factorisationOracle } from './factorisation.ts'
import { lassoOracle } from './lasso.ts'
import type { Oracle, Trained } from './prediction.ts'
import { residualOracle } from './residual.ts'
import { ridgeOracle } from './ridge.ts'

const oracles: readonly Oracle[] = [lassoOracle, ridgeOracle, factorisationOracle, residualOracle]

/** What the oracle with this number in the handbook is called; null for a number that no oracle has. */
export function oracleTitle(number: string): Words | null {
  return oracles.find((oracle) => oracle.number === number)?.title ?? null
}

/** The oracle that speaks of what is trained, or null where the theory has no closed form (theory.md section 8). */
export function oracleFor(trained: Trained): Oracle | null {
  return oracles.find((oracle) => oracle.speaksOf(trained)) ?? null
}
