/** The command line: a file for each command, one outermost edge where refusals become sentences and exit codes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { codes, Refusal, toRecord } from '#core/contract/errors.ts'
import { root } from '../root.ts'
import type { Register } from './command.ts'
import { addBench } from './commands/bench.ts'
import { addCompare } from './commands/compare.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEngine } from './commands/engine.ts'
import { addExport } from './commands/export.ts'
import { addMirrors } from './commands/mirrors.ts'
import { addOpen } from './commands/open.ts'
import { addPlan } from './commands/plan.ts'
import { addPreset } from './commands/preset.ts'
import { addReport } from './commands/report.ts'
import { addRun } from './commands/run.ts'
import { addRuns } from './commands/runs.ts'
import { addServe } from './commands/serve.ts'
import { addStructure } from './commands/structure.ts'
import { addVerify } from './commands/verify.ts'
import { printJson, say } from './output.ts'
import { refusalOf } from './refusals.ts'

const commands: readonly Register[] = [
  addRun,
  addPlan,
  addPreset,
  addRuns,
  addCompare,
  addStructure,
  addMirrors,
  addReport,
  addExport,
  addVerify,
  addDoctor,
  addEngine,
  addBench,
  addServe,
  addOpen,
]

/** Runs the command line and returns its exit status: 0 success, 1 a failed run or check, 2 bad input. */
export async function main(args: readonly string[]): Promise<number> {
  let exit: number = 0
  const program = new Command('kagami')
    .description('A desktop laboratory for one question: how does a symmetry of the loss shape what a network learns?')
    .version(versionOf(root), '-V, --version', 'the version of this program')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined }) // what commander refuses is said below, in our form
    .addHelpText('after', '\nWithout a command it opens the workbench. Each command has its own --help.')
  for (const add of commands) add(program, (code) => (exit = code))
  try {
    await program.parseAsync(args.length === 0 ? ['open'] : [...args], { from: 'user' }) // a default command of commander's takes any misspelt one for its argument
    return exit
  } catch (error) {
    const told = error instanceof CommanderError ? refusalOf(error, wordsOf(program, args)) : error
    return told === null ? 0 : explain(told, args.includes('--json'))
  }
}

/** The commands that could stand where the first unknown one does. */
function wordsOf(program: Command, args: readonly string[]): string[] {
  const group = program.commands.find((command) => command.name() === args[0] && command.commands.length > 0) ?? program
  return group.commands.map((command) => command.name())
}

function versionOf(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string } // our own file
  return version
}

/** A refusal is a sentence; a bug shows its stack, since nobody can mend it from a sentence. */
function explain(error: unknown, json: boolean): number {
  const record = toRecord(error)
  if (json) printJson({ error: record })
  if (error instanceof Refusal) {
    const sentences = error.problems.length > 0 ? error.problems : [error.message]
    for (const sentence of sentences) say(`kagami: ${sentence}`)
  } else {
    say(`kagami: a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  return codes[record.code].exit
}
