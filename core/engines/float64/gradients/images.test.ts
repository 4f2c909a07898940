/** Derivatives of convolutions and poolings, first and second, by each of their operands. */
import { avgPool, conv2d, depthwiseConv2d, exp, maxPool, mul, tanh, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { derivativesOf, other, twice } from '../byDifferences.ts'
import { convolutionRules } from './convolution.ts'

expect.extend({ toBeAllclose })

const image = (x: Tensor) => x as Tensor4D // its shape has four axes
// prettier-ignore
const operations = {
  Conv2D: twice((x) => conv2d(image(x), image(other([3, 2, 2, 3])), [1, 2], 'same'), [2, 4, 5, 2]),
  'Conv2D by its filter': twice((x) => conv2d(image(other([2, 5, 4, 2])), image(x), 2, 'valid'), [2, 3, 2, 2]),
  'Conv2DBackpropInput Conv2DBackpropFilter: both': twice((x) => conv2d(image(x), image(tanh(x)), 1, 'same'), [2, 2, 2, 2]),
  'Conv2D, its taps apart': twice((x) => conv2d(image(x), image(other([2, 2, 1, 2])), 1, 'same', 'NHWC', 2), [1, 4, 4, 1]),
  DepthwiseConv2dNative: twice((x) => depthwiseConv2d(image(x), image(other([3, 2, 2, 3])), 2, 'same'), [2, 4, 5, 2]),
  'DepthwiseConv2dNative by its filter': twice((x) => depthwiseConv2d(image(other([2, 5, 4, 2])), image(x), 1, 'valid'), [2, 3, 2, 2]),
  'DepthwiseConv2dNativeBackpropInput DepthwiseConv2dNativeBackpropFilter: both': twice((x) => depthwiseConv2d(image(x), image(exp(x)), 1, 'same'), [2, 2, 2, 2]),
  'MaxPool MaxPoolGrad MaxPoolGradGrad': twice((x) => mul(maxPool(image(exp(x)), [2, 3], 2, 'same'), other([2, 2, 3, 2])), [2, 4, 5, 2]),
  'MaxPool of windows that overlap': twice((x) => maxPool(image(exp(x)), 2, 1, 'valid'), [1, 4, 4, 2]),
  'AvgPool AvgPoolGrad': twice((x) => mul(avgPool(image(exp(x)), [3, 2], 2, 'same'), other([2, 2, 3, 2])), [2, 4, 5, 2]),
}

describe('gradient64 and hessianVector64 of each operation on images', () => {
  test.each(Object.entries(operations))('%s', (_, [f, theta]) => {
    for (const { exact, differences } of Object.values(derivativesOf(f, theta)))
      expect(exact).toBeAllclose(differences, { absolute: 1e-9, relative: 1e-9 }) // as those of the other operations
  })

  test('every rule is among them', () => {
    const named = Object.keys(operations).flatMap((name) => name.split(/[ ,:]/))
    expect(convolutionRules.map(({ kernelName }) => kernelName).filter((name) => !named.includes(name))).toEqual([])
  })
})
