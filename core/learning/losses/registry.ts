/** The losses, a row each. */
import { mse } from './mse.ts'

export const lossKinds = { mse } as const
