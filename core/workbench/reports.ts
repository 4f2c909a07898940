/** Reports: gathers a study's numbers into one frozen model; a job turns it into a page. */
import { readFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { z } from 'zod'
import type { Comparison } from '#core/contract/comparison.ts'
import type { Run } from '#core/contract/runs.ts'
import { reportRequest, type Factor, type ReportRequest } from '#core/contract/studies.ts'
import { asJson, words, type Json, type Words } from '#core/contract/values.ts'
import { resolvedTime, zeroThreshold } from '#core/analysis/metrics/zeroAgreement.ts'
import { dataOf, lossOf, modelOf, optimiserOf } from '#core/study/kinds.ts'
import type { ReportModel } from '#core/report/model.ts'
import { listArtifacts } from '#core/store/artifacts.ts'
import type { Project } from '#core/store/project.ts'
import type { Readable } from '#core/store/statements.ts'
import { readStacks } from '#core/store/stacks.ts'
import { readStudy, readStudyFiles } from '#core/store/studies.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import type { StudyFile } from '#core/study/schema.ts'
import type { FromTrainer, Job, Result } from '#core/trainer/protocol.ts'
import { compare } from './comparisons.ts'
import { gateValues } from './gateValues.ts'
import { predictionsOf } from './predictions.ts'
import { phaseOf } from './phases.ts'
import { figuresOf } from './reportFigures.ts'
import { phaseFigures } from './reportPhase.ts'
import { theoryOfMeans } from './reportMeans.ts'
import { symmetriesOf } from './reportSymmetries.ts'
import { theoryOf } from './reportTheory.ts'
import { timesOf } from './reportTimes.ts'
import { allRuns, storedStudy, summaryOf } from './studies.ts'
import { survive } from './survivals.ts'
import { transitionsOf } from './transitions.ts'

type Artifact = Extract<FromTrainer, { kind: 'artifact' }>
export type ReportParts = {
  readonly project: Project<Readable>
  readonly resources: string
  readonly nowMs: () => number
  /** A file that the job made is read while it is told: afterwards the job's folder is gone. */
  readonly run: (spec: Job, on?: { readonly artifact?: (message: Artifact) => Promise<void> }) => Promise<Result>
}

/** Both forms of a report, as text. */
export async function gatherReport(parts: ReportParts, asked: ReportRequest): Promise<{ html: string; markdown: string }> {
  const model = await reportModelOf(parts, asked)
  const texts = new Map<string, string>()
  await parts.run(
    { kind: 'report', model: asJson(model) },
    { artifact: async ({ path }) => void texts.set(extname(path), await readFile(path, 'utf8')) },
  )
  const [html, markdown] = [texts.get('.html'), texts.get('.md')]
  if (html === undefined || markdown === undefined) throw new Error('bug: the report job made no HTML or no Markdown')
  return { html, markdown }
}

export async function reportModelOf(parts: ReportParts, asked: ReportRequest): Promise<ReportModel> {
  const { project, run } = parts
  const { study: id, language, theme } = reportRequest.parse(asked)
  const { db } = project
  const summary = summaryOf(project, readStudy(db, id), null)
  const { study } = storedStudy(project, id)
  const [runs, coefficients, predictions] = [allRuns(db, id), readCoefficients(db, id), predictionsOf(db, id)]
  const compared = await comparisonsOf(
    summary.factors,
    summary.metrics.some(({ name }) => name === 'test-loss') ? 'test-loss' : 'loss',
    (factor, metric, where) => compare(db, { study: id, factor, metric, where }, run),
  )
  const limit = study.file.gates.find(({ metric, atMost }) => metric === 'oracle-distance-relative' && atMost !== undefined)?.atMost ?? 1e-3
  return {
    language,
    theme,
    study: {
      name: summary.name,
      title: summary.title,
      question: summary.question,
      formula: summary.formula,
      formulaHtml: summary.formulaMathml,
    },
    verdict: summary.verdict,
    metrics: summary.metrics,
    factors: summary.factors,
    settings: settingsOf(study.file),
    seeds: study.file.seeds,
    runs: { total: runs.length, states: summary.runs, diverged: runs.flatMap(divergedRun), stopped: runs.flatMap(stoppedRun) },
    symmetries: symmetriesOf(study.cells, { runs, shapes: new Map(readStacks(db, id).map(({ id: stack, shape }) => [stack, shape])) }),
    theory: theoryOf(study.cells, { runs, coefficients, limit }),
    theoryOfMeans: theoryOfMeans(study.cells, { runs, predictions, metrics: summary.metrics, valueOf: gateValues(db, id) }),
    figures: [
      ...figuresOf({ db, study: id, factors: summary.factors, metrics: summary.metrics, runs, coefficients, predictions }, compared),
      ...(await phaseFigures({ study: id, factors: summary.factors, metrics: summary.metrics, gates: study.file.gates }, (query) =>
        phaseOf(project, query, run),
      )),
    ],
    comparisons: compared.filter(({ isShown }) => isShown).map(({ comparison }) => comparison),
    times: await timesOf(summary, (question) => survive(db, { study: id, ...question }, run)),
    transitions: transitionsOf(project, id),
    methods: methodsOf(study.cells.map((cell) => cell.study)),
    reproducibility: reproducibilityOf(parts, { id, file: study.file }),
  }
}

type Compared = { readonly comparison: Comparison; readonly group: string; readonly isShown: boolean }

/** The main factor on the primary metric, once for each level of the second factor; of these the first is shown as a table. */
async function comparisonsOf(
  factors: readonly Factor[],
  metric: string,
  make: (factor: string, metric: string, where: Readonly<Record<string, string>>) => Promise<Comparison>,
): Promise<Compared[]> {
  const main = factors.find(({ ordered }) => ordered) ?? factors[0]
  if (main === undefined) return []
  const [other] = factors.filter(({ path }) => path !== main.path)
  if (other === undefined) return [{ comparison: await make(main.path, metric, {}), group: '', isShown: true }]
  const made: Compared[] = []
  for (const [i, { label }] of other.levels.entries()) {
    made.push({ comparison: await make(main.path, metric, { [other.path]: label }), group: label, isShown: i === 0 })
  }
  return made
}

function divergedRun({ id, levels, replicate, outcome }: Run): ReportModel['runs']['diverged'] {
  if (outcome?.kind !== 'diverged') return []
  return [{ run: id, levels: labelled(levels), replicate, step: outcome.step, place: outcome.place }]
}

function stoppedRun({ id, levels, replicate, outcome }: Run): ReportModel['runs']['stopped'] {
  if (outcome?.kind !== 'stopped-by-gate') return []
  return [{ run: id, levels: labelled(levels), replicate, step: outcome.step, gate: outcome.gate }]
}

function labelled(levels: Run['levels']): { factor: string; label: string }[] {
  return levels.map(({ factor, label }) => ({ factor, label }))
}

/** What all runs share. Fields that a factor varies are left out: the table of factors has them. */
function settingsOf(file: StudyFile): ReportModel['settings'] {
  const [model, data, loss, optimiser] = [modelOf(file), dataOf(file), lossOf(file), optimiserOf(file)]
  const entries: { path: string; title: Words; value: Words }[] = [
    { path: 'model', title: { en: 'Model', ja: 'モデル' }, value: model.kind.title },
    { path: 'data', title: { en: 'Data', ja: 'データセット' }, value: dataWords(file, data.kind.title) },
    { path: 'loss', title: { en: 'Loss', ja: '損失' }, value: loss.kind.title },
    { path: 'optimiser', title: { en: 'Optimiser', ja: 'オプティマイザ' }, value: optimiser.kind.title },
    {
      path: 'optimiser.learningRate',
      title: { en: 'Learning rate η', ja: '学習率 η' },
      value: same(String(optimiser.settings.learningRate)),
    },
    { path: 'training.steps', title: { en: 'Steps', ja: 'ステップ数' }, value: same(String(file.training.steps)) },
  ]
  return entries.filter(({ path }) => file.factors[path] === undefined).map(({ title, value }) => ({ title, value }))
}

const same = (text: string): Words => ({ en: text, ja: text })

function dataWords(file: StudyFile, title: Words): Words {
  const { kind, settings } = dataOf(file)
  const words = kind.describe(settings)
  return kind.files(settings).length > 0 ? words : { en: `${title.en}, ${words.en}`, ja: `${title.ja}、${words.ja}` }
}

function methodsOf(studies: readonly StudyFile[]): ReportModel['methods'] {
  const distinct = <T>(of: (study: StudyFile) => T) => [...new Set(studies.map(of))]
  const [first] = studies
  return {
    steps: Math.max(...studies.map(({ training }) => training.steps)),
    optimiser: {
      kind: first?.optimiser.kind ?? 'sgd',
      learningRate: distinct(({ optimiser }) => optimiser.learningRate),
      momentum: distinct(({ optimiser }) => ('momentum' in optimiser ? optimiser.momentum : 0)),
      batch: distinct(({ optimiser }) => String(optimiser.batch)).join(', '),
    },
    weightDecays: distinct(({ regularisation }) => regularisation.weightDecay),
    product: studies.some(({ model }) => model.kind === 'product-linear'),
    loss: first?.loss.kind ?? 'mse',
    confidence: 0.95,
    zeroThreshold,
    exemption: resolvedTime,
  }
}

/** Numbers that one run of a stack trains, as its plan counted them. */
function parametersOf(shape: Json): number {
  return typeof shape === 'object' && shape !== null && 'parameters' in shape ? Number(shape['parameters']) : 0
}

/** Where the tables that ship with the program come from. */
function tableSources(resources: string): Readonly<Record<string, Words>> {
  return z.record(z.string(), words).parse(JSON.parse(readFileSync(join(resources, 'data', 'sources.json'), 'utf8')))
}

function reproducibilityOf(
  { project, resources, nowMs }: ReportParts,
  { id, file }: { id: string; file: StudyFile },
): ReportModel['reproducibility'] {
  const stacks = readStacks(project.db, id)
  const summary = readStudy(project.db, id)
  const sizes = new Map(listArtifacts(project.db).map(({ sha256, bytes }) => [sha256, bytes]))
  const sources = tableSources(resources)
  const place = project.folder.split(/[/\\]/).at(-1) ?? ''
  return {
    hash: summary.hash,
    versions: Object.assign({}, ...stacks.map(({ versions }) => versions)) as Record<string, string>, // the union of records of text
    engine: summary.engine,
    device: summary.device,
    programs: summary.programs,
    seeds: file.seeds,
    stacks: stacks.map(({ id: stack, runs, shape, trainingMs }) => ({
      id: stack,
      runs,
      parameters: parametersOf(shape),
      seconds: trainingMs / 1_000,
    })),
    data: readStudyFiles(project.db, id).map(({ path, sha256 }) => ({
      path,
      sha256,
      bytes: sizes.get(sha256) ?? 0,
      source: sources[path.replace('resource:data/', '')] ?? null,
    })),
    commands: [
      { what: 'reproduce', text: `kagami run ${summary.name} --project again.kagami` },
      { what: 'verify', text: `kagami verify ${place}` },
    ],
    dateMs: nowMs(),
  }
}
