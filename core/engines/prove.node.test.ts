import { describe, expect, test } from 'vitest'
import { engineNames, engineProof, type EngineName } from '#core/contract/engines.ts'
import { tensorflowSkipped, withoutTensorflow } from '#core/testing/engines.ts'
import { webgpuMissing } from '#core/testing/webgpu.ts'
import { memory } from './ops.ts'
import { proveEngine } from './prove.ts'
import { startEngine } from './registry.ts'

const libraries = {
  wasm: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
  tensorflow: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-node-gpu', 'libtensorflow'],
  webgpu: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', 'webgpu'],
  cpu: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'],
} as const

const noWebgpu = await webgpuMissing()
const skipped: Readonly<Partial<Record<EngineName, string>>> = {
  ...(withoutTensorflow ? { tensorflow: tensorflowSkipped } : {}),
  ...(noWebgpu === null ? {} : { webgpu: ` (skipped: ${noWebgpu})` }),
}

for (const name of engineNames) {
  describe.skipIf(name in skipped)(`the proof of ${name}${skipped[name] ?? ''}`, () => {
    test('multiplies within what rounding allows, and says where and how fast', async () => {
      const proof = engineProof.parse(await proveEngine(name))
      expect(proof).toMatchObject({ engine: name, available: true, reason: null })
      // every product of float32 numbers rounds: an error of 0 would mean that nothing was multiplied
      expect(proof.error).toBeGreaterThan(0)
      expect(proof.error).toBeLessThan(proof.bound)
      expect(proof.bound).toBe((proof.size + 2) * 2 ** -24) // size products and sums, and each factor rounded
      expect(proof.gflops).toBeGreaterThan(0)
      expect(proof.device).not.toBe('')
      expect(Object.keys(proof.versions)).toEqual(libraries[name])
    })
    test('leaves no tensor behind', async () => {
      await startEngine(name)
      const before = memory().numTensors
      await proveEngine(name)
      expect(memory().numTensors).toBe(before)
    })
  })
}
