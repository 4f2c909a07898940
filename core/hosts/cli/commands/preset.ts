/** `kagami preset list | show NAME | check NAME…`: the studies that ship with the program. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Option } from 'commander'
import { engineNames, type EngineName } from '#core/contract/engines.ts'
import type { Study } from '#core/contract/studies.ts'
import { overallState } from '#core/presentation/sentences.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { filesToGive, listPresets, presetText } from '#core/workbench/presets.ts'
import { failureOf } from '#core/workbench/workbench.ts'
import { verdictLines } from '../answer.ts'
import type { Exit, Register } from '../command.ts'
import { openWorkbench, resources } from '../../node.ts'
import { print, printJson, printTable, say } from '../output.ts'
import { renewTable, type Section } from '../presetTable.ts'

type Options = { json?: boolean }
type CheckOptions = Options & { data?: string; engine?: EngineName; out?: string }

/** What a check came to. */
type Checked = { readonly summary: Study; readonly seconds: number; readonly runs: number }

export const addPreset: Register = (program, done) => {
  const preset = program.command('preset').description('the studies that ship with the program')
  preset
    .command('list')
    .description('their names and what they show')
    .option('--json', 'machine-readable result')
    .action(({ json }: Options) => {
      const presets = listPresets(resources)
      if (json === true) return printJson(presets)
      printTable(
        {
          columns: ['preset', 'runs', 'data', 'title'],
          rows: presets.map(({ name, runs, files, title }) => [name, runs, files.length > 0 ? 'with --data' : 'own', title.en]),
        },
        'table',
      )
    })
  preset
    .command('show <name>')
    .description('the text of one')
    .action((name: string) => print(presetText(resources, name)))
  preset
    .command('check <names...>')
    .description('run each in a project of its own and hold it to its gates; `all` for every one that needs no --data, with it every one')
    .option('--data <path>', 'the file, or the folder of files, that a preset names only by what is to be given')
    .addOption(new Option('--engine <name>', 'what computes; tensorflow where it is installed, else wasm').choices([...engineNames]))
    .option('--out <file>', 'also write the values as tables in Markdown; sections of other presets in the file stay')
    .option('--json', 'machine-readable result')
    .action(async (names: string[], options: CheckOptions) => done(await checkAll(names, options)))
}

async function checkAll(names: readonly string[], options: CheckOptions): Promise<Exit> {
  const { json, data, out } = options
  const wanted = names.includes('all')
    ? listPresets(resources).flatMap(({ name, files }) => (files.length > 0 && data === undefined ? [] : [name]))
    : names
  for (const name of wanted) presetText(resources, name) // an unknown name is told before anything runs
  const checked: Checked[] = []
  for (const name of wanted) {
    const one = await check(name, options)
    checked.push(one)
    if (out !== undefined) writeFileSync(out, renewTable(existsSync(out) ? readFileSync(out, 'utf8') : null, [sectionOf(one)])) // at once: the next may take half an hour
    if (json === true) continue
    print(`${name}: ${one.runs} runs, ${one.seconds.toFixed(1)} s`)
    for (const line of verdictLines(one.summary, 'en')) print(`  ${line}`)
  }
  if (json === true) printJson(checked)
  return checked.every(({ summary }) => overallState(summary.verdict) === 'holds') ? 0 : 1
}

async function check(name: string, { data, engine }: Pick<CheckOptions, 'data' | 'engine'>): Promise<Checked> {
  const folder = mkdtempSync(join(tmpdir(), 'kagami-check-'))
  const workbench = openWorkbench({ project: join(folder, `${name}.kagami`), create: true, log: say, jobs: availableParallelism() })
  const began = monotonicClock.nowMs()
  try {
    const overrides =
      data === undefined || filesToGive({ name, text: presetText(resources, name) }).length === 0
        ? []
        : [`data.path=${JSON.stringify(resolve(data))}`]
    const { study } = workbench.start({ preset: name, overrides }, engine)
    const failure = failureOf(workbench.project, study, await workbench.idle(study))
    if (failure !== null) throw failure
    const summary = workbench.get(study)
    return {
      summary,
      seconds: (monotonicClock.nowMs() - began) / 1_000,
      runs: Object.values(summary.runs).reduce((sum, count) => sum + count, 0),
    }
  } finally {
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What was asked of a preset and what came out, with the reason of its limits. */
function sectionOf({ summary, seconds, runs }: Checked): Section {
  const lines = verdictLines(summary, 'en').map((line, i) => {
    const reason = summary.verdict[i]?.reason?.en
    return `| ${line.slice(0, 1)} | ${line.slice(2).replaceAll('|', '\\|')} | ${reason?.replaceAll('|', '\\|') ?? ''} |`
  })
  const head = `## ${summary.name}\n\n${summary.question.en}\n\n${runs} runs, ${seconds.toFixed(1)} s on ${summary.engine}.\n`
  return { name: summary.name, text: `${head}\n| | value | why this limit |\n|---|---|---|\n${lines.join('\n')}\n` }
}
