import { existsSync, readdirSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Run } from '#core/contract/runs.ts'
import { openReader } from '#core/hosts/node.ts'
import { scratchFolder } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { kagami, openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import type { Workbench } from './workbench.ts'

const decay = 'regularisation.weightDecay'
const text = studyText({
  training: { steps: 100 },
  factors: { model: [{ kind: 'product-linear', depth: 2 }, { kind: 'linear' }], [decay]: [0.05, 0.5] },
})

let place: TestFolder
let workbench: Workbench
let study: string
beforeAll(async () => {
  place = temporaryFolder()
  workbench = openTestWorkbench(place.path('a.kagami'), { jobs: 2 })
  study = workbench.start({ text }).study
  await workbench.idle(study)
})
afterAll(async () => {
  await workbench.close()
  place.remove()
})

const isAt =
  (...labels: string[]) =>
  ({ levels }: Run) =>
    labels.every((label) => levels.some((level) => level.label === label))

/** The mean of the last loss over the runs that are at all of these levels, added up by hand. */
function meanLoss(...labels: string[]): number {
  const values = readRuns(workbench.project.db, { study })
    .runs.filter(isAt(...labels))
    .map((run) => run.values['loss'] ?? Number.NaN)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('a comparison', () => {
  test('pools the levels of the other factors unless they are held', async () => {
    const { levels } = await workbench.compare({ study, factor: decay, metric: 'loss' })
    expect(levels.map(({ label, n }) => [label, n])).toEqual([
      ['0.05', 4],
      ['0.5', 4],
    ])
    // Sums in another order may differ in the last bits of float64.
    for (const { label, mean } of levels) expect(mean).toBeCloseTo(meanLoss(label), 12)
  })

  test('holds another factor at a level', async () => {
    const { levels } = await workbench.compare({ study, factor: decay, metric: 'loss', where: { model: 'linear' } })
    expect(levels.map(({ label, n }) => [label, n])).toEqual([
      ['0.05', 2],
      ['0.5', 2],
    ])
    for (const { label, mean } of levels) expect(mean).toBeCloseTo(meanLoss(label, 'linear'), 12)
  })

  test('runs that stay on a mirror have an infinite logarithm of their norm, and did not diverge', async () => {
    const start = { training: { steps: 10 }, factors: { initialValues: [{ u: 0, w: 0 }, { u: 0.5 }] }, seeds: { count: 3 } }
    const still = openTestWorkbench(place.path('still.kagami'))
    try {
      const { study: id } = still.start({ text: studyText({ name: 'still', ...start }) })
      await still.idle(id)
      const { levels } = await still.compare({ study: id, factor: 'initialValues', metric: 'log-norm' })
      expect(levels.map(({ n, diverged, infinite }) => [n, diverged, infinite])).toEqual([
        [0, 0, 3], // ln 0
        [3, 0, 0],
      ])
    } finally {
      await still.close()
    }
  })

  test.each([
    [{ where: { modle: 'linear' } }, 'where.modle: expected one of model, regularisation.weightDecay, got "modle"; did you mean model?'],
    [{ where: { model: 'liner' } }, 'where.model: expected one of product-linear, linear, got "liner"; did you mean linear?'],
    [{ where: { constructor: 'x' } }, 'where.constructor: expected one of model, regularisation.weightDecay, got "constructor"'],
    [{ where: { [decay]: '0.5' } }, `where: expected factors other than the one that is compared, got "${decay}"`],
    [{ factor: 'data' }, 'factor: expected one of model, regularisation.weightDecay, got "data"'],
    [{ metric: '' }, 'compare.metric: expected a text of length ≥ 1, got ""'],
    [{ level: 95 }, 'compare.level: expected a number < 1, got 95'],
    [{ baseline: '0.06' }, 'baseline: expected one of the levels "0.05", "0.5", got "0.06"'],
  ])('refuses %j with what there is', async (change, sentence) => {
    await expect(workbench.compare({ study, factor: decay, metric: 'loss', ...change })).rejects.toThrow(sentence)
  })

  test('two reports and a comparison at once do not meet, and leave nothing in the scratch folder', async () => {
    const [en, ja, comparison] = await Promise.all([
      workbench.report({ study, language: 'en' }),
      workbench.report({ study, language: 'ja' }),
      workbench.compare({ study, factor: 'model', metric: 'loss' }),
    ])
    expect([en.html, ja.html].map((html) => /<html[^>]* lang="(..)"/.exec(html)?.[1])).toEqual(['en', 'ja'])
    expect(comparison.levels).toHaveLength(2)
    expect(readdirSync(scratchFolder(workbench.project)).filter((name) => /report|compare/.test(name))).toEqual([])
  })
})

describe('a reader, while another process may write', () => {
  test('compares as the writer does, in a folder of the system’s that goes with it', async () => {
    const reader = openReader(place.path('a.kagami'), () => undefined)
    const query = { study, factor: decay, metric: 'loss', where: { model: 'product-linear' } } as const
    expect(await reader.compare(query)).toEqual(await workbench.compare(query))
    expect(reader.scratch.startsWith(place.folder)).toBe(false)
    reader.close()
    expect(existsSync(reader.scratch)).toBe(false)
  })

  test('serves runs, compare, report, export and verify of the command line; a second run is refused', async () => {
    place.write('small.yaml', text)
    const commands = [
      ['runs', 'a.kagami', '--where', 'model=linear', '--where', `${decay}=0.5`, '--format', 'csv'],
      ['compare', 'a.kagami', '--by', 'model', '--metric', 'loss', '--where', `${decay}=0.5`, '--json'],
      ['report', 'a.kagami', '--out', 'a.html'],
      ['export', 'a.kagami', '--what', 'runs', '--out', 'a.csv'],
      ['verify', 'a.kagami', '--files-only'],
      ['run', 'small.yaml', '--project', 'a.kagami', '--json'],
    ]
    const answers = await Promise.all(commands.map((args) => kagami(args, place.folder)))
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 1])
    expect(answers[0]?.stdout.trim().split('\n')).toHaveLength(3) // the names and two runs
    expect(answers[1]?.stdout).toContain('"n": 2')
    const refused = answers.at(-1)
    expect(refused?.stderr).toMatch(
      /^kagami: project: expected to be the only writer, got ".*a\.kagami", which is open in another Kagami process\n$/,
    )
    expect(JSON.parse(refused?.stdout ?? '')).toMatchObject({ error: { code: 'conflict' } })
    rmSync(place.path('a.html'))
  })
})
