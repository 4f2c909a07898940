/** `kagami bench`: how long this program takes for its own problems on this machine, and how long its peers take for them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, homedir, tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Option } from 'commander'
import { problemsOf, runBench } from '#core/bench/bench.ts'
import { chosenEngines, requireEngineNames, type PresentEngine } from '#core/bench/engines.ts'
import { machineOf, momentOf } from '#core/bench/machine.ts'
import { benchPage } from '#core/bench/page.ts'
import { cacheFolder, preparePeers, type PeersPython } from '#core/bench/peersFolder.ts'
import type { Problem } from '#core/bench/problem.ts'
import { problems } from '#core/bench/problems.ts'
import { findPython, pythonCommands } from '#core/bench/python.ts'
import { runRace, type RaceRow } from '#core/bench/race.ts'
import { benchResult, type BenchResult } from '#core/bench/result.ts'
import { benchTables, machineFacts } from '#core/bench/tables.ts'
import { benchWords } from '#core/bench/words.ts'
import { engineNames, type EngineProof } from '#core/contract/engines.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import type { Exit, Register } from '../command.ts'
import { writeWhole } from '../files.ts'
import { requireWritable } from '../reportFile.ts'
import { openWorkbench, resources } from '../../node.ts'
import { print, printJson, printTable, say } from '../output.ts'

type Options = { json?: boolean; jobs: string; peers?: boolean; engine?: readonly string[]; html?: string; lang: 'en' | 'ja' }

const scripts = fileURLToPath(new URL('../../../bench/peers', import.meta.url))

export const addBench: Register = (program, done) => {
  program
    .command('bench [problems...]')
    .description(`time training on this machine, in turns: ${problems.map(({ name }) => name).join(', ')}; all of them when none is named`)
    .option(
      '--engine <name>',
      `${engineNames.join(', ')} or all, may be repeated; every one that is there but cpu when none is named`,
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option('--jobs <n>', 'most trainer processes', String(availableParallelism()))
    .option(
      '--peers',
      'and the same in PyTorch, JAX and TensorFlow, as ratios; installs them at the first use (needs Python 3.11 or newer)',
    )
    .option('--html <file>', 'and a page of the result')
    .addOption(new Option('--lang <language>', 'of the page').choices(['en', 'ja']).default('en'))
    .option('--json', 'machine-readable result')
    .action(async (names: string[], options: Options) => done(await bench(names, options)))
}

async function bench(names: readonly string[], { json, jobs, peers, engine: asked = [], html, lang }: Options): Promise<Exit> {
  const known = problems.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Refusal('invalid-input', `problems: expected one of ${known.join(', ')}, got ${quote(unknown)}`)
  const most = Number(jobs)
  if (!Number.isInteger(most) || most < 1)
    throw new Refusal('invalid-input', `--jobs: expected a whole number from 1 on, got ${quote(jobs)}`)
  requireEngineNames(asked)
  if (html !== undefined) requirePage(html)
  const python = peers === true ? await installed() : null // what is missing is told before minutes of work
  const before = await momentOf(prove)
  const engines = chosenEngines(asked, before.proofs)
  for (const { available, reason } of before.proofs) if (!available && reason !== null) say(reason)
  const asOf = problemsOf(names)
  const rounds = await race(asOf, { most, python, engines })
  const whole = await runBench({ open, clock: monotonicClock }, { most, problems: asOf, engines: engines.map(({ engine }) => engine) })
  const machine = machineOf({ engines, python: python?.version ?? null, before, after: await momentOf(prove) })
  const result = benchResult({ machine, problems: asOf, rounds, whole })
  if (html !== undefined) writeWhole('page', html, [await benchPage(result, lang)])
  if (json === true) printJson(result)
  else printResult(result)
  return 0
}

/** Fails before anything is timed, as `requireWritable` does, and for another ending than that of a page. */
function requirePage(file: string): void {
  if (extname(file) !== '.html') throw new Refusal('invalid-input', `--html: expected a name that ends in .html, got ${quote(file)}`)
  requireWritable(file)
}

/** Each engine's product, in a process of its own. */
async function prove(): Promise<EngineProof[]> {
  const { workbench, close } = open(1)
  try {
    return await workbench.prove()
  } finally {
    await close()
  }
}

/** The peers' Python; a signal that ends the program takes back what of it has been installed. */
async function installed(): Promise<PeersPython> {
  const stop = new AbortController()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const abort = () => stop.abort()
  for (const signal of signals) process.on(signal, abort)
  try {
    return await preparePeers({
      folder: join(cacheFolder(process.env, process.platform, homedir()), 'peers'),
      scripts,
      findPython: () => findPython(pythonCommands(process.env, process.platform)),
      say,
      signal: stop.signal,
    })
  } finally {
    for (const signal of signals) process.off(signal, abort)
  }
}

type Entrants = { readonly most: number; readonly python: PeersPython | null; readonly engines: readonly PresentEngine[] }

async function race(asked: readonly Problem[], { most, python, engines }: Entrants): Promise<RaceRow[]> {
  const rows: RaceRow[] = []
  const common = {
    parts: { open, clock: monotonicClock },
    engines: engines.map(({ engine }) => engine),
    most,
    peers: python === null ? null : { python, scripts },
    resources,
    say,
  }
  for (const problem of asked) rows.push(...(await runRace({ ...common, problem })))
  return rows
}

function printResult(result: BenchResult): void {
  const words = benchWords('en')
  for (const [title, value] of machineFacts(result, words)) print(`${title}: ${value}`)
  for (const { title, columns, rows, notes } of benchTables(result, words)) {
    print('')
    print(title)
    printTable({ columns, rows }, 'table')
    for (const note of notes) print(note)
  }
}

/** A workbench over a project of its own, gone when it is closed. */
function open(jobs: number) {
  const folder = mkdtempSync(join(tmpdir(), 'kagami-bench-'))
  const workbench = openWorkbench({ project: join(folder, 'bench.kagami'), create: true, log: say, jobs })
  const close = async () => {
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { workbench, close }
}
