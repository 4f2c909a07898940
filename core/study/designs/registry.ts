/** The designs, a row each. Bisection is not among them: its cells follow from outcomes (`bisection.ts`). */
import { z } from 'zod'
import type { Key } from '#core/numerics/random/key.ts'
import { continuation } from './continuation.ts'
import type { Combination, DesignFactor } from './design.ts'
import { factorial } from './factorial.ts'
import { grid } from './grid.ts'
import { latinHypercube } from './latinHypercube.ts'
import { random } from './random.ts'

export const designKinds = { grid, factorial, random, 'latin-hypercube': latinHypercube, continuation } as const

/** The settings of any design. */
export const design = z.discriminatedUnion('kind', [
  grid.settings,
  factorial.settings,
  random.settings,
  latinHypercube.settings,
  continuation.settings,
])
export type Design = z.output<typeof design>

/** The cells of a design. Fails: 'invalid-input' for factors that do not fit the design. */
export function combineFactors(factors: readonly DesignFactor[], settings: Design, key: Key): Combination {
  switch (settings.kind) {
    case 'grid':
      return grid.combine(factors, settings, key)
    case 'factorial':
      return factorial.combine(factors, settings, key)
    case 'random':
      return random.combine(factors, settings, key)
    case 'latin-hypercube':
      return latinHypercube.combine(factors, settings, key)
    case 'continuation':
      return continuation.combine(factors, settings, key)
  }
}
