/** The optimisers, a row each. */
import { adam } from './adam.ts'
import { adamw } from './adamw.ts'
import { rmsprop } from './rmsprop.ts'
import { sgd } from './sgd.ts'

export const optimiserKinds = { sgd, adam, adamw, rmsprop } as const
