/** `kagami verify P [RUN]`: the integrity of a project's files, then its runs trained again and compared bit for bit. */
import { verifyProject } from '#core/store/verify.ts'
import { verifyRuns, type Compared } from '#core/workbench/verify.ts'
import type { Exit, Register } from '../command.ts'
import { openReader } from '../../node.ts'
import { print, printJson, say } from '../output.ts'
import { runMeant } from '../runMeant.ts'

type Options = { filesOnly?: boolean; json?: boolean }

export const addVerify: Register = (program, done) => {
  program
    .command('verify <project> [run]')
    .description('check the files, then train again from the frozen study and compare bit for bit')
    .option('--files-only', 'check the files and train nothing')
    .option('--json', 'machine-readable result')
    .action(async (folder: string, run: string | undefined, options: Options) => done(await verify(folder, run, options)))
}

async function verify(folder: string, run: string | undefined, { filesOnly, json }: Options): Promise<Exit> {
  const reader = openReader(folder, say)
  try {
    const problems = verifyProject(reader.project)
    const compared =
      filesOnly === true || problems.length > 0
        ? []
        : await verifyRuns(reader, run === undefined ? undefined : runMeant(reader.project.db, run).id)
    const isWhole = problems.length === 0 && compared.every(({ different }) => different.length === 0)
    if (json === true) printJson({ problems, compared, ok: isWhole })
    else tell(problems, compared)
    return isWhole ? 0 : 1
  } finally {
    reader.close()
  }
}

function tell(problems: readonly string[], compared: readonly Compared[]): void {
  for (const problem of problems) print(`✗ ${problem}`)
  if (problems.length === 0) print('✓ files: every checksum and hash agrees')
  for (const { stack, runs, different } of compared) {
    if (different.length === 0) print(`✓ ${stack}: ${runs} runs trained again, equal to the last bit`)
    for (const what of different) print(`✗ ${stack}: ${what}`)
  }
}
