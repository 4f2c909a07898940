/** The kinds of model, a row each. */
import { linear } from './linear.ts'
import { productLinear } from './productLinear.ts'

export const modelKinds = { linear, 'product-linear': productLinear } as const
