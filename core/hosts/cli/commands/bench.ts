/** `kagami bench`: how long this program takes for its own sweeps on this machine, and how long PyTorch and JAX take for them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, homedir, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runBench, problemsOf, type Timed } from '#core/bench/bench.ts'
import { cacheFolder, preparePeers, type PeersPython } from '#core/bench/peersFolder.ts'
import { problems } from '#core/bench/problems.ts'
import { findPython, pythonCommands } from '#core/bench/python.ts'
import { comparedSteps, runRace, tolerance, type RaceRow } from '#core/bench/race.ts'
import type { Spread } from '#core/bench/ratios.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import type { Exit, Register } from '../command.ts'
import { openWorkbench, resources } from '../../node.ts'
import { print, printJson, printTable, say, shortNumber } from '../output.ts'

type Options = { json?: boolean; jobs: string; peers?: boolean }

const scripts = fileURLToPath(new URL('../../../bench/peers', import.meta.url))

export const addBench: Register = (program, done) => {
  program
    .command('bench [problems...]')
    .description(
      `time the program's own sweeps, ${problems.map(({ name }) => name).join(' and ')}, with one trainer process and with several`,
    )
    .option('--jobs <n>', 'most trainer processes', String(availableParallelism()))
    .option('--peers', 'and the same sweeps in PyTorch and JAX, as ratios; installs them at the first use (needs Python 3.11 or newer)')
    .option('--json', 'machine-readable result')
    .action(async (names: string[], options: Options) => done(await bench(names, options)))
}

async function bench(names: readonly string[], { json, jobs, peers }: Options): Promise<Exit> {
  const known = problems.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Refusal('invalid-input', `problems: expected one of ${known.join(', ')}, got ${quote(unknown)}`)
  const most = Number(jobs)
  if (!Number.isInteger(most) || most < 1)
    throw new Refusal('invalid-input', `--jobs: expected a whole number from 1 on, got ${quote(jobs)}`)
  const python = peers === true ? await installed() : null // what is missing is told before minutes of work
  const before = loadavg()
  const timed = await runBench({ open, clock: monotonicClock }, { most, names })
  const raced = python === null ? null : await race(names, { most, python })
  const machine = {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    ...(python === null ? {} : { python: python.version, load: { before, after: loadavg() } }),
  }
  if (json === true) printJson({ machine, timed, ...(raced === null ? {} : { peers: raced, comparedSteps, tolerance }) })
  else {
    print(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}; engine wasm, one thread a process`)
    printTimed(timed)
    if (python !== null && raced !== null) printRaced(raced, { python, before })
  }
  return 0
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

async function race(names: readonly string[], { most, python }: { most: number; python: PeersPython }): Promise<RaceRow[]> {
  const rows: RaceRow[] = []
  const parts = { open, clock: monotonicClock }
  for (const problem of problemsOf(names)) rows.push(...(await runRace({ parts, problem, most, python, scripts, resources, say })))
  return rows
}

function printTimed(timed: readonly Timed[]): void {
  printTable(
    {
      columns: ['problem', 'processes', 'seconds', 'training', 'ms a step', 'what'],
      rows: timed.map(({ problem, processes, seconds, trainingSeconds, msPerStep, what }) => [
        problem,
        processes,
        Number(seconds.toFixed(1)),
        Number(trainingSeconds.toFixed(1)),
        Number(msPerStep.toPrecision(3)),
        what,
      ]),
    },
    'table',
  )
}

const range = (spread: Spread | null) =>
  spread === null ? null : `${shortNumber(Number(spread.least.toPrecision(3)))}–${shortNumber(Number(spread.most.toPrecision(3)))}`
const digits = (value: number | null | undefined) => (value === null || value === undefined ? null : Number(value.toPrecision(3)))

const legend = [
  'ms a step, ratio: median and range over rounds in which everyone trains in turns, in float32, with one thread a process.',
  'ratio: to Kagami with one process, round by round; above 1 Kagami is faster.',
  'sweep: all steps at the median, extrapolated from the steps timed, without start and compile.',
  'start: from the start of the process until the first steps are done. compile: the part of it that those steps take; Kagami does not tell it apart.',
  `losses: after ${comparedSteps} steps, the largest relative difference of a run from Kagami's; up to ${tolerance} is the same.`,
]

function printRaced(rows: readonly RaceRow[], { python, before }: { python: PeersPython; before: readonly number[] }): void {
  const versions = new Set(rows.flatMap(({ program, version }) => (version === null ? [] : [`${program} ${version}`])))
  const load = [before[0], loadavg()[0]].map((value) => (value ?? 0).toFixed(1))
  print('')
  print([...versions, `Python ${python.version}`, `load ${load.join(' before, ')} after`].join('; '))
  printTable(
    {
      columns: [
        'problem',
        'program',
        'how',
        'ms a step',
        'range',
        'sweep, s',
        'ratio',
        'range of ratio',
        'start, s',
        'compile, s',
        'steps timed',
        'losses',
      ],
      rows: rows.map((row) => [
        row.problem,
        row.program,
        row.how,
        digits(row.msPerStep?.median),
        range(row.msPerStep),
        digits(row.sweepSeconds),
        digits(row.ratio?.median),
        range(row.ratio),
        digits(row.startSeconds),
        digits(row.compileSeconds),
        row.steps,
        row.sentence ?? lossWords(row),
      ]),
    },
    'table',
  )
  print('')
  for (const line of legend) print(line)
}

function lossWords({ isSame, lossDifference }: RaceRow): string {
  if (isSame === null) return ''
  return `${isSame ? 'same' : 'disagrees'}, ${lossDifference?.toExponential(0) ?? ''}`
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
