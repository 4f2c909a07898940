/** The designs, a row each. Of bisection alone the cells follow from outcomes: it is told the levels asked so far. */
import { z } from 'zod'
import type { Key } from '#core/numerics/random/key.ts'
import { bisection, bothEnds, type Asked } from './bisectionDesign.ts'
import { continuation } from './continuation.ts'
import type { Combination, DesignFactor } from './design.ts'
import { factorial } from './factorial.ts'
import { grid } from './grid.ts'
import { latinHypercube } from './latinHypercube.ts'
import { random } from './random.ts'

export const designKinds = { grid, factorial, random, 'latin-hypercube': latinHypercube, continuation, bisection } as const

/** The settings of any design. */
export const design = z.discriminatedUnion('kind', [
  grid.settings,
  factorial.settings,
  random.settings,
  latinHypercube.settings,
  continuation.settings,
  bisection.settings,
])
export type Design = z.output<typeof design>

/** The cells of a design; a bisection's with the number that it varies as one factor more, the last. Fails: 'invalid-input' for factors that do not fit the design. */
export function combineFactors(
  factors: readonly DesignFactor[],
  settings: Design,
  { key, asked = bothEnds }: { readonly key: Key; readonly asked?: Asked },
): Combination {
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
    case 'bisection':
      return bisection.combine(factors, settings, asked)
  }
}
