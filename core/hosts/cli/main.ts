/** The command line: a file for each command, one outermost edge where refusals become sentences and exit codes. */
import { Command, CommanderError } from 'commander'
import { codes, Refusal, toRecord } from '#core/contract/errors.ts'
import { addCompare } from './commands/compare.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExport } from './commands/export.ts'
import { addPlan } from './commands/plan.ts'
import { addPreset } from './commands/preset.ts'
import { addReport } from './commands/report.ts'
import { addRun } from './commands/run.ts'
import { addRuns } from './commands/runs.ts'
import { addOpen } from './commands/open.ts'
import { addServe } from './commands/serve.ts'
import { addVerify } from './commands/verify.ts'
import { say } from './output.ts'

/** What a command says of how it went: 0 success, 1 a failed run or check. */
export type Exit = 0 | 1
export type Register = (program: Command, done: (exit: Exit) => void) => void

const commands: readonly Register[] = [
  addRun,
  addPlan,
  addPreset,
  addRuns,
  addCompare,
  addReport,
  addExport,
  addVerify,
  addDoctor,
  addServe,
  addOpen,
]

/** Runs the command line and returns its exit status: 0 success, 1 a failed run or check, 2 bad input. */
export async function main(args: readonly string[]): Promise<number> {
  let exit: number = 0
  const program = new Command('kagami')
    .description('A desktop laboratory for one question: how does a symmetry of the loss shape what a network learns?')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'kagami: ')) })
    .showHelpAfterError('(kagami help, or kagami COMMAND --help)')
  for (const add of commands) add(program, (code) => (exit = code))
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return explain(error, args.includes('--json'))
  }
}

/** A refusal is a sentence; a bug shows its stack, since nobody can mend it from a sentence. */
function explain(error: unknown, json: boolean): number {
  const record = toRecord(error)
  if (json) process.stdout.write(`${JSON.stringify({ error: record })}\n`)
  if (error instanceof Refusal) {
    const sentences = error.problems.length > 0 ? error.problems : [error.message]
    for (const sentence of sentences) say(`kagami: ${sentence}`)
  } else {
    say(`kagami: a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  return codes[record.code].exit
}
