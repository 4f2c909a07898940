import { createRequire } from 'node:module'
import util from 'node:util'
import { engine } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readRunSeries } from '#core/store/readSeries.ts'
import { tensorflowSkipped, withoutTensorflow } from '#core/testing/engines.ts'
import { openTestWorkbench, studyText, temporaryFolder } from '#core/testing/studies.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import {
  inScope,
  memory,
  mul,
  relu,
  reshape,
  scalar,
  square,
  sub,
  sum,
  tensor,
  valueAndGrads,
  type Scalar,
  type Tensor,
  type Tensors,
} from '../ops.ts'
import { captureProgram } from '../program.ts'
import { proveEngine } from '../prove.ts'
import { startEngine } from '../registry.ts'
import { folderVariable } from './place.ts'

expect.extend({ toBeAllclose })

type Binding = { readonly getNumOfTensors: () => number }

test('where it is not installed, its proof says what to do, and nothing is taken instead', async () => {
  const before = process.env[folderVariable]
  process.env[folderVariable] = '/nowhere'
  try {
    await expect(startEngine('tensorflow')).rejects.toThrow(Refusal)
    const reason = 'tensorflow: not installed; `kagami engine install tensorflow` installs it'
    expect(await proveEngine('tensorflow')).toMatchObject({ available: false, device: null, gflops: 0, reason })
  } finally {
    if (before === undefined) delete process.env[folderVariable]
    else process.env[folderVariable] = before
  }
})

describe.skipIf(withoutTensorflow)(`tensorflow${tensorflowSkipped}`, () => {
  beforeAll(async () => void (await startEngine('tensorflow')))
  const binding = (): Binding => (engine().backend as unknown as { readonly binding: Binding }).binding // the backend of tfjs-node

  test('the gradient of relu is one operation: dy where x > 0, else 0', () => {
    const of = (x: number[], dy: number[]): number[] =>
      inScope(() => {
        const [gradient] = valueAndGrads((one: Tensor) => sum<Scalar>(mul(relu(one), tensor(Float32Array.from(dy), [dy.length]))))([
          tensor(Float32Array.from(x), [x.length]),
        ]).grads
        return [...(gradient?.dataSync() ?? [])]
      })
    expect(of([-1, -0, 0, 1e-30, 2, Infinity], [1, 2, 3, 4, 5, 6])).toEqual([0, 0, 0, 4, 5, 6])
    expect(of([1, -1], [Number.NaN, 1])).toEqual([Number.NaN, 0])
  })

  test('starts on the library itself, and puts back what its package needs of Node', async () => {
    const { device, versions } = await startEngine('tensorflow')
    expect(engine().backendName).toBe('tensorflow')
    expect(versions['libtensorflow']).toMatch(/^2\.21\./)
    expect(device).toMatch(/, 1 thread$|NVIDIA/)
    const { isArray, isNullOrUndefined } = createRequire(import.meta.url)('node:util') as Record<string, (value: unknown) => boolean> // as the package asks for them
    expect(util).toHaveProperty('isArray')
    expect([null, undefined, 0, []].map((value) => isNullOrUndefined?.(value))).toEqual([true, true, false, false])
    expect([isArray?.([]), isArray?.({})]).toEqual([true, false])
  })

  test('takes numbers below 2⁻¹²⁶ for 0 in operations of every size', () => {
    for (const n of [1, 100, 100_000]) {
      const product = inScope(() => mul(tensor(new Float32Array(n).fill(1e-39), [n]), scalar(0.5)).dataSync())
      expect(product.every((value) => value === 0)).toBe(true)
    }
  })

  test('a replayed program leaves no tensor behind, in tfjs or in the library', () => {
    const x = tensor(Float32Array.from({ length: 35 }, (_, i) => Math.sin(i)), [7, 5]) // prettier-ignore
    const state = { w: tensor([0.1, 0.2, 0.3, 0.4, 0.5], [5, 1]) }
    const step = ({ w }: Tensors): Tensors => {
      const loss = (a: Tensor) => sum(square(sub(reshape(sum(mul(reshape(a, [1, 5]), x), 1), [7]), scalar(1))))
      const [dw] = valueAndGrads((a: Tensor) => sum(loss(a)))([w as Tensor]).grads // the state has a w
      return { w: sub(w as Tensor, mul(dw as Tensor, scalar(0.01))) } // one parameter has one gradient
    }
    const program = captureProgram({ state, feeds: {}, step })
    program.advance(() => ({}), 10)
    const before = [memory().numTensors, memory().numBytes, binding().getNumOfTensors()]
    program.advance(() => ({}), 200)
    expect([memory().numTensors, memory().numBytes, binding().getNumOfTensors()]).toEqual(before)
    program.dispose()
    for (const part of [x, state.w]) part.dispose()
  })

  test('trains a study to the results of wasm', { timeout: 120_000 }, async () => {
    const place = temporaryFolder()
    const seriesOn = async (name: 'wasm' | 'tensorflow') => {
      const workbench = openTestWorkbench(place.path(`${name}.kagami`), { jobs: 2 })
      try {
        await workbench.idle(workbench.start({ text: studyText() }, name).study)
        const { db } = workbench.project
        const { runs } = readRuns(db, { limit: 10 })
        expect(runs.map(({ state }) => state)).toEqual(runs.map(() => 'finished'))
        return runs.map(({ id }) => readRunSeries(db, id).map(({ metric, values }) => ({ metric, values })))
      } finally {
        await workbench.close()
      }
    }
    try {
      const [expected, got] = [await seriesOn('wasm'), await seriesOn('tensorflow')]
      expect(got).toHaveLength(4)
      const flat = (runs: typeof got) => runs.flat().flatMap(({ metric, values }) => [...values].map((value) => [metric, value] as const))
      expect(flat(got).map(([metric]) => metric)).toEqual(flat(expected).map(([metric]) => metric))
      // 400 steps of float32 that contract towards a minimum: rounding does not add up beyond some units of 2⁻²³ of the size 1 of parameters and loss
      expect(flat(got).map(([, value]) => value)).toBeAllclose(flat(expected).map(([, value]) => value), { relative: 1e-5, absolute: 1e-5 }) // prettier-ignore
    } finally {
      place.remove()
    }
  })
})
