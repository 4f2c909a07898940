import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Transition } from '#core/contract/transitions.ts'
import { jsonOf, kagami, kagamiHere, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'

const text = studyText({
  name: 'bisected',
  model: { kind: 'matrix-factorisation', width: 2, init: { std: 0.5 } },
  data: { kind: 'low-rank-matrix', rows: 3, columns: 2, singularValues: [2, 0.8] },
  loss: { kind: 'sse' },
  optimiser: { kind: 'sgd', learningRate: 0.05 },
  training: { steps: 2_000, record: { every: 500 } },
  measure: ['loss', 'mirror-residual'],
  factors: {},
  seeds: { count: 2, paired: true },
  design: {
    kind: 'bisection',
    factor: 'regularisation.weightDecay',
    from: 0.3,
    to: 1.7,
    precision: 0.7, // one halving, at 1
    above: { metric: 'mirror-residual:rotation', atMost: 1e-3 },
  },
})

let place: TestFolder
beforeEach(() => {
  place = temporaryFolder()
  place.write('bisected.yaml', text)
})
afterEach(() => place.remove())

test('a plan says the least and the most runs, and that levels follow', async () => {
  const { stdout, status } = await kagamiHere(['plan', 'bisected.yaml'], place.folder)
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /^At least 4 runs and at most 6: after the first stack the levels follow from outcomes\. At most about .* of training/m,
  )
  const { stdout: json } = await kagamiHere(['plan', 'bisected.yaml', '--json'], place.folder)
  expect(jsonOf<{ runs: number; mostRuns: number }>(json)).toMatchObject({ runs: 4, mostRuns: 6, warnings: [] })
  const { stdout: unpaired } = await kagamiHere(['plan', 'bisected.yaml', '--set', 'seeds.paired=false'], place.folder)
  expect(unpaired).toContain('warning: seeds.paired: a seed that is not paired draws anew at every level')
})

test('a run says where the transition lies; with --json it holds the brackets', async () => {
  const { stdout, status } = await kagami(['run', 'bisected.yaml', '--project', 'p.kagami', '--report', 'r.md'], place.folder)
  expect(status).toBe(0)
  expect(stdout).toMatch(/^Above the transition is a run whose residual of the nearest mirror: .* is at most 0\.001\.$/m)
  expect(stdout).toMatch(
    /^The transition lies at weight decay γ = .*, the mean of 2 seeds, 95 % interval .*\. The theory \(oracle 8\.5\) has it at 0\.8, which every bracket holds\.$/m,
  )
  expect(stdout).toMatch(/^6 runs: 6 finished/m)
  const { stdout: json } = await kagami(['run', 'bisected.yaml', '--project', 'p.kagami', '--json'], place.folder)
  const [transition] = jsonOf<{ transitions: Transition[] }>(json).transitions
  expect(transition?.brackets).toMatchObject(Array(2).fill({ state: 'crossed', low: 0.3, high: 1 }))
})
