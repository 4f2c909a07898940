/** `kagami compare P --by FACTOR --metric M`: the levels of a factor, side by side. */
import { Option } from 'commander'
import type { Comparison, ComparedLevel } from '#core/contract/comparison.ts'
import type { Cell } from '#core/formats/csv.ts'
import { comparisonSentences } from '#core/presentation/sentences.ts'
import { reportWords } from '#core/report/words.ts'
import type { Where } from '#core/workbench/levels.ts'
import type { Register } from '../command.ts'
import { openReader } from '../../node.ts'
import { formats, print, printJson, printTable, say, type Format } from '../output.ts'
import { chooseStudy, withWhere } from '../options.ts'

type Options = {
  study?: string
  by: string
  metric: string
  baseline?: string
  test: 'welch' | 'permutation'
  where?: Where
  format?: Format
  json?: boolean
}

export const addCompare: Register = (program) => {
  withWhere(program.command('compare <project>'))
    .description('compare the levels of a factor on a metric')
    .option('--study <name>', 'a study of the project; needed when it holds several')
    .requiredOption('--by <factor>', 'the factor, e.g. regularisation.weightDecay')
    .requiredOption('--metric <name>', 'the metric, e.g. loss')
    .option('--baseline <level>', 'the level that the others are compared to; the first when left out')
    .addOption(new Option('--test <name>', 'for p').choices(['welch', 'permutation']).default('welch'))
    .addOption(new Option('--format <form>', 'of the table; csv and json hold every digit').choices([...formats]))
    .option('--json', 'machine-readable result')
    .action(async (folder: string, options: Options) => {
      const reader = openReader(folder, say)
      try {
        const { id } = chooseStudy(reader.project.db, options.study)
        const { by: factor, metric, baseline, test, where = {} } = options
        const comparison = await reader.compare({
          study: id,
          factor,
          metric,
          test,
          where,
          ...(baseline === undefined ? {} : { baseline }),
        })
        if (options.json === true) return printJson(comparison)
        printTable(tableOf(comparison), options.format ?? 'table')
        if (options.format === undefined) for (const sentence of comparisonSentences(comparison, reportWords('en'))) print(sentence)
      } finally {
        reader.close()
      }
    })
}

function tableOf({ factor, levels, test, confidence }: Comparison) {
  const percent = `${Math.round(100 * confidence)}%`
  return {
    columns: [
      factor,
      'n',
      'diverged',
      'mean',
      'sd',
      `${percent} low`,
      `${percent} high`,
      'difference',
      `p (${test})`,
      'p (Holm)',
      "Hedges' g",
    ],
    rows: levels.map(rowOf),
  }
}

function rowOf({ label, n, diverged, mean, standardDeviation, interval, difference }: ComparedLevel): Cell[] {
  return [
    label,
    n,
    diverged,
    mean,
    standardDeviation,
    interval?.low ?? null,
    interval?.high ?? null,
    difference?.value ?? null,
    difference?.p ?? null,
    difference?.pAdjusted ?? null,
    difference?.effect?.g ?? null,
  ]
}
