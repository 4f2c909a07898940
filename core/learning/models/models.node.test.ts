/** Every model of the registry passes the suite of models, on wasm and in float64. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memory } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { modelCases } from '#core/testing/models/cases.ts'
import { describeModel } from '#core/testing/models/conformance.ts'
import { modelKinds } from './registry.ts'

describe('models on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  test('every row of the registry has cases', () => expect(Object.keys(modelCases)).toEqual(Object.keys(modelKinds)))
  describe.each(Object.entries(modelCases))('%s', (_, cases) => describeModel(cases))
})
