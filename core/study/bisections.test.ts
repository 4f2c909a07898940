/** What the runs of a bisection say of a time: censored by a gate they may say nothing. */
import { expect, test } from 'vitest'
import type { Outcome, Run } from '#core/contract/runs.ts'
import { bisectionsOf } from './bisections.ts'
import { freezeStudy, readStudy } from './study.ts'

/** Above is a run that takes at least 300 steps, counted from step 20, to a loss of 0.2. */
const text = `
kagami: 1
name: small
model: { kind: product-linear }
data: { kind: sparse-linear, samples: 8, features: 3, coefficients: [1] }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 400 }
design:
  kind: bisection
  factor: regularisation.weightDecay
  from: 0.01
  to: 1
  precision: 0.1
  above: { metric: loss, over: { firstAtMost: 0.2, after: 20 }, LIMIT: 300 }
`

function sideOf(outcome: Outcome, { time = Number.NaN, limit = 'atLeast' }: { time?: number; limit?: string } = {}) {
  const study = freezeStudy(readStudy({ text: text.replace('LIMIT', limit), name: 'study.yaml', overrides: [] }), () => {
    throw new Error('this study names no file')
  })
  const run: Run = {
    ...{ id: 'a', study: study.id, cell: 'c', stack: 's', lane: 0, replicate: 1, state: 'finished', reason: null, step: 400, steps: 400 },
    levels: [{ factor: 'regularisation.weightDecay', value: 0.01, label: '0.01' }],
    ...{ outcome, values: { loss: 0.5 }, parametersSha256: null, startedMs: null, endedMs: null },
  }
  const [said] = bisectionsOf(study, [run], () => time).flatMap((one) => one.said)
  return said?.side
}
const stopped = (step: number): Outcome => ({ kind: 'stopped-by-gate', step, gate: 0 })

test.each<[string, Outcome, 'above' | null]>([
  ['came to its last step without the value', { kind: 'reached-last-step' }, 'above'],
  ['was stopped 299 steps after the step from which they are counted', stopped(319), null], // it might have come there at the very next
  ['was stopped at the 300th', stopped(320), 'above'],
  ['diverged', { kind: 'diverged', step: 350, place: 'loss' }, null],
])('a run that %s', (_, outcome, side) => {
  expect(sideOf(outcome)).toBe(side)
  expect(sideOf(outcome, { limit: 'atMost' })).toBe(side === 'above' ? 'below' : null)
})

test('a run that a gate stopped after it had the value says its time', () => {
  expect([sideOf(stopped(50), { time: 10 }), sideOf(stopped(50), { time: 10, limit: 'atMost' })]).toEqual(['below', 'above'])
})
