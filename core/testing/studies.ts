/** Small studies in folders of their own: what tests of the workbench and of the command line train. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineName } from '#core/contract/engines.ts'
import type { Outcome, Run, RunState } from '#core/contract/runs.ts'
import { main } from '#core/hosts/cli/main.ts'
import { nodeInstaller } from '#core/hosts/installer.ts'
import { resources } from '#core/hosts/node.ts'
import { root } from '#core/hosts/root.ts'
import { openProject } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readRunSeries } from '#core/store/readSeries.ts'
import type { Readable } from '#core/store/statements.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { machineMemory, type Memory } from '#core/trainer/parentMemory.ts'
import type { FromTrainer, Launcher, TrainerHandle } from '#core/trainer/protocol.ts'
import type { InstallerPart } from '#core/workbench/installations.ts'
import { createWorkbench, type Workbench } from '#core/workbench/workbench.ts'

const small = {
  kagami: 1,
  name: 'small',
  model: { kind: 'product-linear', depth: 2, init: { std: 0.5 } },
  data: { kind: 'sparse-linear', samples: 20, features: 4, coefficients: [1.5, -2], noise: 0.3 },
  optimiser: { kind: 'sgd', learningRate: 0.02 },
  training: { steps: 400, record: { every: 10 } },
  factors: { 'regularisation.weightDecay': [0.05, 0.5] },
  seeds: { count: 2 },
}

/** The text of a study of 2 levels × 2 seeds on 20 samples of 4 features, 400 steps; whole top-level fields may be replaced. */
export function studyText(changes: { readonly [Field in keyof typeof small]?: unknown } & Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ ...small, ...changes }, null, 2)
}

export const noisySteps = 4_000

/** Minibatches, so that every step draws random numbers; long enough to be killed in its middle. */
export const noisyStudy = studyText({
  name: 'noisy',
  optimiser: { kind: 'sgd', learningRate: 0.01, momentum: 0.5, batch: 5 },
  training: { steps: noisySteps, record: { every: 25 } },
})

export type TestFolder = {
  readonly folder: string
  /** Writes a file and returns its path. */
  write(name: string, text: string | Uint8Array): string
  path(name: string): string
  remove(): void
}

export function temporaryFolder(): TestFolder {
  const folder = mkdtempSync(join(tmpdir(), 'kagami-test-'))
  const path = (name: string) => join(folder, name)
  return {
    folder,
    path,
    write: (name, text) => {
      writeFileSync(path(name), text)
      return path(name)
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  }
}

/** Whole milliseconds that go on as those of a clock do. */
const nowMs = () => Math.round(1_800_000_000_000 + performance.now())

/** A workbench over a project, made when missing, with trainers in processes of their own. */
export function openTestWorkbench(
  project: string,
  {
    launcher = forkLauncher(),
    installer = nodeInstaller(),
    jobs = 1,
    checkpointEveryMs = 2_000,
    memory = machineMemory,
    log = () => undefined,
  }: {
    launcher?: Launcher
    installer?: InstallerPart
    jobs?: number
    checkpointEveryMs?: number
    memory?: Memory
    log?: (text: string) => void
  } = {},
): Workbench {
  return createWorkbench({
    project: openProject(project, { mode: 'write', create: true, nowMs: nowMs() }),
    launcher,
    installer,
    resources,
    clock: monotonicClock,
    nowMs,
    log,
    jobs,
    memory,
    checkpointEveryMs,
  })
}

/** Real trainer processes whose messages a test hears too, before the workbench does. */
export function overheard(hear: (message: FromTrainer, trainer: TrainerHandle) => void): Launcher {
  const launcher = forkLauncher()
  return {
    launch: (handlers) => {
      const trainer = launcher.launch({
        ...handlers,
        message: (message) => {
          hear(message, trainer)
          handlers.message(message)
        },
      })
      return trainer
    },
  }
}

/** Everything that a run came to, its series as one hash for each metric: equal records are equal bytes. */
export type RunRecord = {
  readonly state: RunState
  readonly outcome: Outcome | null
  readonly parametersSha256: string | null
  readonly series: Readonly<Record<string, string>>
}

/** What the runs of a project came to, by the part of their ids that does not name their study. */
export function recordsOf(db: Readable): Readonly<Record<string, RunRecord>> {
  return Object.fromEntries(readRuns(db, { limit: 100_000 }).runs.map((run) => [run.id.slice(run.study.length + 1), recordOf(db, run)]))
}

function recordOf(db: Readable, { id, state, outcome, parametersSha256 }: Run): RunRecord {
  const series = readRunSeries(db, id).map(({ metric, steps, values }) => {
    const hash = createHash('sha256')
    for (const numbers of [Float64Array.from(steps), Float64Array.from(values)]) hash.update(new Uint8Array(numbers.buffer))
    return [metric, `${steps.length} rows ${hash.digest('hex').slice(0, 16)}`]
  })
  return { state, outcome, parametersSha256, series: Object.fromEntries(series) as Record<string, string> } // fromEntries forgets the texts
}

/** Trains a study in a project to its end and returns what the runs came to. */
export async function train(project: string, text: string, engine: EngineName = 'wasm'): Promise<Readonly<Record<string, RunRecord>>> {
  const workbench = openTestWorkbench(project, { jobs: 2 })
  try {
    await workbench.idle(workbench.start({ text }, engine).study)
    return recordsOf(workbench.project.db)
  } finally {
    await workbench.close()
  }
}

export type Answer = { readonly status: number | null; readonly signal: string | null; readonly stdout: string; readonly stderr: string }
export type StartedCommand = { readonly child: ChildProcess; readonly answer: Promise<Answer> }

const compiled = join(root, '.build', 'compiled') // as the starter has it: a start costs a third less
const entry = fileURLToPath(new URL('../hosts/cli/index.ts', import.meta.url))

/** Starts the command line in a process of its own, with more in its environment. */
export function startKagami(args: readonly string[], cwd: string, more: Readonly<Record<string, string>> = {}): StartedCommand {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled, ...more }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const answer = new Promise<Answer>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }))
  })
  return { child, answer }
}

/** Runs the command line in this process, which spares its start; for what neither trains long nor ends a process. */
export async function kagamiHere(args: readonly string[], cwd: string): Promise<Omit<Answer, 'signal'>> {
  const before = process.cwd()
  const texts = { stdout: '', stderr: '' }
  const streams = ['stdout', 'stderr'] as const
  const writers = streams.map((name) => process[name].write)
  process.chdir(cwd)
  for (const name of streams) process[name].write = (text: string | Uint8Array) => Boolean((texts[name] += String(text)))
  try {
    return { status: await main(args), ...texts }
  } finally {
    for (const [i, name] of streams.entries()) process[name].write = writers[i] ?? process[name].write
    process.chdir(before)
  }
}

/** Runs the command line to its end. */
export function kagami(args: readonly string[], cwd: string): Promise<Answer> {
  return startKagami(args, cwd).answer
}

/** What a command writes under --json, in the form that the test expects of it and then asserts. */
export function jsonOf<Form>(text: string): Form {
  return JSON.parse(text) as Form // asserted by the test
}
