/** The kinds of data, a row each. */
import { csv } from './csv.ts'
import { sparseLinear } from './sparseLinear.ts'

export const dataKinds = { 'sparse-linear': sparseLinear, csv } as const
