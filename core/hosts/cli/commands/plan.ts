/** `kagami plan STUDY`: the runs and stacks that a study will make, before anything runs. */
import type { Plan } from '#core/contract/studies.ts'
import { formatBytes, formatDuration } from '#core/presentation/digits.ts'
import { defaultEngine } from '#core/engines/defaultEngine.ts'
import { openSource } from '#core/workbench/sources.ts'
import { planOf } from '#core/workbench/summary.ts'
import type { Register } from '../command.ts'
import { resources } from '../../node.ts'
import { print, printJson, printTable } from '../output.ts'
import { sourceOf, withOverrides } from '../options.ts'

type Options = { set?: readonly string[]; json?: boolean }

export const addPlan: Register = (program) => {
  withOverrides(program.command('plan <study>'))
    .description('show runs, stacks and expected cost before anything runs')
    .option('--json', 'machine-readable result')
    .action((name: string, options: Options) => {
      const source = openSource(sourceOf(name, options.set), resources)
      const plan = planOf(source, defaultEngine().engine)
      if (options.json === true) return printJson(plan)
      print(`${plan.title.en}\n`)
      printTable(
        {
          columns: ['factor', 'levels'],
          rows: [
            ...plan.factors.map(({ path, levels }) => [path, levels.map(({ label }) => label).join(', ')]),
            ['seeds', String(plan.seeds)],
          ],
        },
        'table',
      )
      print('')
      printTable(
        {
          columns: ['stack', 'runs', 'parameters', 'steps', 'seconds', 'series'],
          rows: plan.stacks.map(({ id, runs, parameters, steps, seconds, bytes }) => [
            id,
            runs,
            parameters,
            steps,
            Math.round(seconds * 10) / 10,
            formatBytes(bytes, 'en'),
          ]),
        },
        'table',
      )
      print(`\n${runsSentence(plan)}`)
      for (const warning of plan.warnings) print(`warning: ${warning}`)
    })
}

function runsSentence({ runs, mostRuns, stacks, seconds, engine, bytes }: Plan): string {
  const counted = (n: number, noun: string) => `${n} ${n === 1 ? noun : `${noun}s`}`
  const on = engine === 'wasm' ? 'on wasm' : `on ${engine} (estimated for wasm)`
  const cost = `about ${formatDuration(1_000 * seconds, 'en')} of training ${on}, ${formatBytes(bytes, 'en')} of series`
  if (mostRuns === null) return `${counted(runs, 'run')} in ${counted(stacks.length, 'stack')}, ${cost}.`
  return `At least ${counted(runs, 'run')} and at most ${mostRuns}: after the first ${stacks.length === 1 ? 'stack' : `${stacks.length} stacks`} the levels follow from outcomes. At most ${cost}.`
}
