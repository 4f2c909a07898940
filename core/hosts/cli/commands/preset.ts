/** `kagami preset list | show NAME | check NAME`: the studies that ship with the program. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { overallState } from '#core/presentation/sentences.ts'
import { listPresets, presetText } from '#core/workbench/presets.ts'
import { failureOf } from '#core/workbench/workbench.ts'
import { verdictLines } from '../answer.ts'
import type { Exit, Register } from '../command.ts'
import { openWorkbench, resources } from '../../node.ts'
import { print, printJson, printTable, say } from '../output.ts'

type Options = { json?: boolean }

export const addPreset: Register = (program, done) => {
  const preset = program.command('preset').description('the studies that ship with the program')
  preset
    .command('list')
    .description('their names and what they show')
    .option('--json', 'machine-readable result')
    .action(({ json }: Options) => {
      const presets = listPresets(resources)
      if (json === true) return printJson(presets)
      printTable({ columns: ['preset', 'runs', 'title'], rows: presets.map(({ name, runs, title }) => [name, runs, title.en]) }, 'table')
    })
  preset
    .command('show <name>')
    .description('the text of one')
    .action((name: string) => print(presetText(resources, name)))
  preset
    .command('check <name>')
    .description('run it in a project of its own and hold it to its gates')
    .option('--json', 'machine-readable result')
    .action(async (name: string, { json }: Options) => done(await check(name, json === true)))
}

async function check(name: string, json: boolean): Promise<Exit> {
  presetText(resources, name)
  const folder = mkdtempSync(join(tmpdir(), 'kagami-check-'))
  const workbench = openWorkbench({ project: join(folder, `${name}.kagami`), create: true, log: say })
  try {
    const { study } = workbench.start({ preset: name })
    const failure = failureOf(workbench.project, study, await workbench.idle(study))
    if (failure !== null) throw failure
    const summary = workbench.get(study)
    if (json) printJson(summary)
    else for (const line of verdictLines(summary, 'en')) print(line)
    return overallState(summary.verdict) === 'holds' ? 0 : 1
  } finally {
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
