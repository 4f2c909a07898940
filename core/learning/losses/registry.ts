/** The losses, a row each. */
import { crossEntropy } from './crossEntropy.ts'
import { energy } from './energy.ts'
import { mse } from './mse.ts'
import { sse } from './sse.ts'

export const lossKinds = { mse, sse, 'cross-entropy': crossEntropy, energy } as const
