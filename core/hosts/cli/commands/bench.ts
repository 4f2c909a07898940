/** `kagami bench`: how long this program takes for its own sweeps on this machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBench } from '#core/bench/bench.ts'
import { problems } from '#core/bench/problems.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import type { Exit, Register } from '../command.ts'
import { openWorkbench } from '../../node.ts'
import { print, printJson, printTable, say } from '../output.ts'

type Options = { json?: boolean; jobs: string }

export const addBench: Register = (program, done) => {
  program
    .command('bench [problems...]')
    .description(
      `time the program's own sweeps, ${problems.map(({ name }) => name).join(' and ')}, with one trainer process and with several`,
    )
    .option('--jobs <n>', 'most trainer processes', String(availableParallelism()))
    .option('--json', 'machine-readable result')
    .action(async (names: string[], options: Options) => done(await bench(names, options)))
}

async function bench(names: readonly string[], { json, jobs }: Options): Promise<Exit> {
  const known = problems.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Refusal('invalid-input', `problems: expected one of ${known.join(', ')}, got ${quote(unknown)}`)
  const most = Number(jobs)
  if (!Number.isInteger(most) || most < 1)
    throw new Refusal('invalid-input', `--jobs: expected a whole number from 1 on, got ${quote(jobs)}`)
  const timed = await runBench({ open, clock: monotonicClock }, { most, names })
  const machine = { processor: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), node: process.versions.node }
  if (json === true) printJson({ machine, timed })
  else {
    print(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}; engine wasm, one thread a process`)
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
  return 0
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
