/** The kinds of data, a row each. */
import { compressiveSensing } from './compressiveSensing.ts'
import { csv } from './csv.ts'
import { idx } from './idx.ts'
import { inline } from './inline.ts'
import { lowRankMatrix } from './lowRankMatrix.ts'
import { scalarTarget } from './scalar.ts'
import { sparseLinear } from './sparseLinear.ts'
import { teacher } from './teacher.ts'

export const dataKinds = {
  'sparse-linear': sparseLinear,
  'compressive-sensing': compressiveSensing,
  scalar: scalarTarget,
  'low-rank-matrix': lowRankMatrix,
  teacher,
  inline,
  csv,
  idx,
} as const
