/** The optimisers, a row each. */
import { sgd } from './sgd.ts'

export const optimiserKinds = { sgd } as const
