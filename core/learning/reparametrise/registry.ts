/** The reparametrisations, a row each. */
import { z } from 'zod'
import { asymmetricMask } from './asymmetricMask.ts'
import { dcs } from './dcs.ts'
import { lowRank } from './lowRank.ts'
import { product } from './product.ts'
import { residual } from './residual.ts'
import { syre } from './syre.ts'

export const reparametrisationKinds = { product, 'low-rank': lowRank, dcs, residual, syre, 'asymmetric-mask': asymmetricMask } as const

export const reparametrisationSettings = z.discriminatedUnion('kind', [
  product.settings,
  lowRank.settings,
  dcs.settings,
  residual.settings,
  syre.settings,
  asymmetricMask.settings,
])
export type Reparametrisation = z.output<typeof reparametrisationSettings>
