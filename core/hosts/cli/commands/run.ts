/** `kagami run STUDY`: trains what is not yet trained, shows how it goes, says the verdict, writes the report. */
import { resolve } from 'node:path'
import { engineNames, type ChosenEngine, type EngineName } from '#core/contract/engines.ts'
import type { Outcome } from '#core/contract/runs.ts'
import { Option } from 'commander'
import { transitionSentences } from '#core/presentation/transitionSentences.ts'
import { reportWords } from '#core/report/words.ts'
import { engineVariable } from '#core/engines/defaultEngine.ts'
import { requireTensorflow } from '#core/engines/tensorflow/place.ts'
import { openSource } from '#core/workbench/sources.ts'
import { allRuns } from '#core/workbench/studies.ts'
import { transitionsOf } from '#core/workbench/transitions.ts'
import { failureOf, type Workbench } from '#core/workbench/workbench.ts'
import { verdictLines } from '../answer.ts'
import type { Register } from '../command.ts'
import { openWorkbench, resources } from '../../node.ts'
import { print, printJson, say } from '../output.ts'
import { projectOf, seconds, sourceOf, wholeNumber, withOverrides } from '../options.ts'
import { createProgress } from '../progress.ts'
import { requireWritable, writeReport } from '../reportFile.ts'

type Options = {
  project?: string
  set?: readonly string[]
  data?: string
  engine?: EngineName
  jobs?: number
  checkpointEvery?: number
  resume?: boolean
  report?: string
  lang: 'en' | 'ja'
  json?: boolean
}

export const addRun: Register = (program, done) => {
  withOverrides(program.command('run <study>'))
    .description('train a study (a file or a preset); runs that have finished are not trained again')
    .option('--project <folder>', 'the project; ./NAME.kagami when left out, made when missing')
    .option('--data <file>', 'the file, or the folder of files, to read instead of what data.path names')
    .addOption(
      new Option(
        '--engine <name>',
        'what computes; what the project began the study with, else tensorflow where it is installed, else wasm',
      ).choices([...engineNames]),
    )
    .option('--jobs <n>', 'trainers at a time; one for each core when left out', wholeNumber(1))
    .option('--checkpoint-every <seconds>', 'how much training a crash may cost; 2 s when left out', seconds)
    .option('--resume', 'go on with runs that were stopped or interrupted (the same as running it again)')
    .option('--report <file>', 'write a report when it ends: .html or .md')
    .addOption(new Option('--lang <language>', 'of the report').choices(['en', 'ja']).default('en'))
    .option('--json', 'machine-readable result')
    .action(async (study: string, options: Options) => done(await run(study, options)))
}

async function run(name: string, options: Options): Promise<0 | 1> {
  const overrides =
    options.data === undefined ? options.set : [...(options.set ?? []), `data.path=${JSON.stringify(resolve(options.data))}`]
  const source = sourceOf(name, overrides)
  const { study } = openSource(source, resources) // every fault of the study is told before a project is made
  if (options.report !== undefined) requireWritable(options.report)
  if (options.engine === 'tensorflow') requireTensorflow() // before a project is made that would be of this engine
  const folder = projectOf(study.file.name, options.project)
  const { jobs, checkpointEvery } = options
  const workbench = openWorkbench({ project: folder, create: true, jobs, checkpointEverySeconds: checkpointEvery, log: say })
  try {
    const began = performance.now()
    const started = workbench.start(source, options.engine)
    if (started.queued > 0) say(engineSentence(started.engine))
    const failure = failureOf(workbench.project, started.study, await follow(workbench, started.study))
    const told = { began, trained: started.queued > 0, folder }
    if (failure !== null) {
      if (options.json !== true) tell(workbench, started.study, { ...told, report: null, json: false })
      throw failure // with --json the error is the one document on stdout; no report is written of a study that did not end
    }
    const report =
      options.report === undefined
        ? null
        : await writeReport(workbench, { study: started.study, language: options.lang, file: options.report })
    tell(workbench, started.study, { ...told, report, json: options.json === true })
    return 0
  } finally {
    await workbench.close()
  }
}

/** Which engine trains, and why this one. */
function engineSentence({ engine, reason }: ChosenEngine): string {
  const why = {
    named: 'as --engine says',
    begun: 'with which this project began the study',
    set: `as ${engineVariable} says`,
    installed: 'which is installed; --engine wasm names the embedded one',
    embedded: 'the embedded one',
  } as const
  return `Engine: ${engine}, ${why[reason]}.`
}

/** Waits for the study; Ctrl-C stops it at a checkpoint, a second one ends at once. */
async function follow(workbench: Workbench, study: string): ReturnType<Workbench['idle']> {
  const progress = createProgress()
  const timer = setInterval(() => progress.show(() => workbench.get(study)), 500)
  const stop = () => {
    progress.end()
    say('Stopping: a checkpoint is kept; run again to go on.')
    workbench.stop(study)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await workbench.idle(study)
  } finally {
    clearInterval(timer)
    progress.end()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

type Told = {
  readonly began: number // performance.now()
  readonly trained: boolean
  readonly folder: string
  readonly report: string | null
  readonly json: boolean
}

function tell(workbench: Workbench, id: string, { began, trained, folder, report, json }: Told): void {
  const study = workbench.get(id)
  const runs = allRuns(workbench.project.db, id)
  const count = (kind: Outcome['kind']) => runs.filter(({ outcome }) => outcome?.kind === kind).length
  const [diverged, stopped] = [count('diverged'), count('stopped-by-gate')]
  const duration = (performance.now() - began) / 1_000
  const found = transitionsOf(workbench.project, id)
  const transitions = found.length === 0 ? {} : { transitions: found }
  if (json) return printJson({ study, ...transitions, diverged, stopped, seconds: duration, project: folder, report })
  for (const line of verdictLines(study, 'en')) print(line)
  for (const sentence of transitionSentences(found, study, reportWords('en'))) print(sentence)
  const states = Object.entries(study.runs).flatMap(([state, n]) => (n === 0 ? [] : [`${n} ${state}`]))
  print(
    [
      `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}: ${states.join(', ')}`,
      diverged === 0 ? '' : `, ${diverged} of them diverged`,
      stopped === 0 ? '' : `, ${stopped} of them stopped by a gate`,
      trained ? `, in ${duration.toFixed(1)} s on ${study.engine}` : ', nothing was left to train',
      `. Project: ${folder}`,
    ].join(''),
  )
  if (report !== null) print(`Report: ${report}`)
  print(`See it: kagami open ${JSON.stringify(folder)}`)
}
