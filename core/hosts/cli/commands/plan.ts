/** `kagami plan STUDY`: the runs and stacks that a study will make, before anything runs. */
import { formatBytes, formatDuration } from '#core/presentation/digits.ts'
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
      const plan = planOf(source, 'wasm')
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
      print(
        `\n${plan.runs} ${plan.runs === 1 ? 'run' : 'runs'} in ${plan.stacks.length} ${plan.stacks.length === 1 ? 'stack' : 'stacks'}, about ${formatDuration(1_000 * plan.seconds, 'en')} of training on ${plan.engine}, ${formatBytes(plan.bytes, 'en')} of series.`,
      )
      for (const warning of plan.warnings) print(`warning: ${warning}`)
    })
}
