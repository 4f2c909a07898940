import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type { Words } from '#core/contract/values.ts'
import { dataKinds } from './data/registry.ts'
import { settingsOf } from './kind.ts'
import { lossKinds } from './losses/registry.ts'
import { modelKinds } from './models/registry.ts'
import { optimiserKinds } from './optimisers/registry.ts'
import { reparametrisationKinds } from './reparametrise/registry.ts'
import { scheduleKinds } from './schedules/registry.ts'

type Row = { readonly kind: string; readonly title: Words; readonly settings: z.ZodObject<{ kind: z.ZodLiteral<string> }> }
const registries: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  dataKinds,
  lossKinds,
  modelKinds,
  optimiserKinds,
  reparametrisationKinds,
  scheduleKinds,
}

describe('settingsOf', () => {
  const losses = settingsOf(lossKinds)
  test('tells kinds apart and fills in what is left out', () => {
    expect(losses.parse({ kind: 'mse' })).toEqual({ kind: 'mse', scale: 1 })
    expect(losses.parse({ kind: 'cross-entropy' })).toEqual({ kind: 'cross-entropy', smoothing: 0 })
  })
  test('refuses a kind that no row has, a field of another kind, and no kind at all', () => {
    for (const settings of [{ kind: 'mae' }, { kind: 'mse', smoothing: 0 }, {}, null, { kind: 'constructor' }])
      expect(losses.safeParse(settings).success).toBe(false)
  })
  test('an empty registry is a bug', () => expect(() => settingsOf({})).toThrow('bug: settingsOf'))
})

describe.each(Object.entries(registries))('%s', (_, registry) => {
  test('names each row by its kind, with a title in both languages', () => {
    for (const [name, row] of Object.entries(registry)) {
      expect(row.kind).toBe(name)
      expect(row.settings.shape.kind.safeParse(name).success).toBe(true)
      expect([row.title.en, row.title.ja].every((words) => words.length > 0)).toBe(true)
    }
  })
})
