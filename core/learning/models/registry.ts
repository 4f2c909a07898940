/** The kinds of model, a row each. */
import { convolutional } from './convolutional.ts'
import { linear } from './linear.ts'
import { linearVae } from './linearVae.ts'
import { matrixFactorisation } from './matrixFactorisation.ts'
import { perceptron } from './perceptron.ts'
import { productLinear } from './productLinear.ts'
import { selfSupervised } from './selfSupervised.ts'
import { tiedAutoencoder } from './tiedAutoencoder.ts'

export const modelKinds = {
  linear,
  'product-linear': productLinear,
  'matrix-factorisation': matrixFactorisation,
  perceptron,
  convolutional,
  'tied-autoencoder': tiedAutoencoder,
  'linear-vae': linearVae,
  'self-supervised': selfSupervised,
} as const
