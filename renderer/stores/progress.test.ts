import { describe, expect, test } from 'vitest'
import { aStudy } from '../testing/fixtures.ts'
import { roundedMs } from '../composables/useFormats.ts'
import { preferredLanguage } from './preferences.ts'
import { phaseOf, runCount, shareOf } from './progress.ts'
import { rowWindow } from '../screens/study/rowWindow.ts'

const none = { queued: 0, running: 0, finished: 0, stopped: 0, failed: 0, interrupted: 0 }
const phase = (runs: Partial<typeof none>) => phaseOf(aStudy({ runs: { ...none, ...runs } }))

describe('progress', () => {
  test('a study trains while a run runs, and has ended when none can go on', () => {
    expect(phase({ running: 1, queued: 3, interrupted: 1 })).toBe('training')
    expect(phase({ queued: 3, stopped: 1 })).toBe('waiting')
    expect(phase({ finished: 7, interrupted: 1 })).toBe('paused')
    expect(phase({ finished: 7, stopped: 1 })).toBe('paused')
    expect(phase({ finished: 7, failed: 1 })).toBe('ended')
  })

  test('the share stays within 0 and 1, and is 0 where nothing is wanted', () => {
    expect(shareOf(aStudy({ step: 0, steps: 0 }))).toBe(0)
    expect(shareOf(aStudy({ step: 9, steps: 8 }))).toBe(1)
    expect(runCount(aStudy())).toBe(8)
  })
})

describe('rowWindow', () => {
  const table = { total: 100_000, rowHeight: 28, top: 0, height: 420 }
  test('shows what is on the screen and ten rows around, never beyond the ends', () => {
    expect(rowWindow(table)).toEqual({ first: 0, last: 25 })
    expect(rowWindow({ ...table, top: 28 * 50_000 })).toEqual({ first: 49_990, last: 50_025 })
    expect(rowWindow({ ...table, top: 28 * 100_000 }).last).toBe(100_000)
    expect(rowWindow({ ...table, total: 0 })).toEqual({ first: 0, last: 0 })
    expect(rowWindow({ ...table, total: 3, top: 28 * 500 })).toEqual({ first: 3, last: 3 })
  })
})

describe('preferences', () => {
  test('the first language that both sides know is taken, English where there is none', () => {
    expect(preferredLanguage(['fr-CH', 'ja-JP', 'en'])).toBe('ja')
    expect(preferredLanguage(['de'])).toBe('en')
    expect(preferredLanguage([])).toBe('en')
  })

  test('an estimate is whole seconds, whole minutes from two minutes on, and at least a second', () => {
    expect([0.01, 17.4, 119.6, 200, 3_600].map(roundedMs)).toEqual([1_000, 17_000, 120_000, 180_000, 3_600_000])
  })
})
