/** `kagami compare P --by FACTOR [--and FACTOR] --metric M | --until RULE`: levels side by side, by a value or by the time until one is reached; of two factors as a map. */
import { Option, type Command } from 'commander'
import type { Comparison, ComparedLevel } from '#core/contract/comparison.ts'
import type { Phase } from '#core/contract/phase.ts'
import type { Survival } from '#core/contract/survival.ts'
import { Refusal } from '#core/contract/errors.ts'
import type { Cell } from '#core/formats/csv.ts'
import { comparisonSentences } from '#core/presentation/sentences.ts'
import { survivalSentences } from '#core/presentation/survivalSentences.ts'
import { reportWords } from '#core/report/words.ts'
import type { Where } from '#core/workbench/levels.ts'
import { phaseBeside } from '#core/workbench/phases.ts'
import type { Register } from '../command.ts'
import { openReader } from '../../node.ts'
import { boundaryTable, phaseSentence, phaseTable } from './compareFactors.ts'
import { timesTable, untilRule, type Until } from './compareTimes.ts'
import { formats, print, printJson, printTable, say, type Format } from '../output.ts'
import { chooseStudy, wholeNumber, withWhere } from '../options.ts'

type Options = {
  study?: string
  by: string
  and?: string
  metric?: string
  until?: Until
  after?: number
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
    .option('--and <factor>', 'a second factor: the metric over both, and the boundary that the theory draws')
    .option('--metric <name>', 'the metric whose last values are compared, e.g. loss')
    .option('--until <rule>', 'compare instead the steps until METRIC<=VALUE or METRIC>=VALUE, e.g. "loss<=0.1"', untilRule)
    .option('--after <step>', 'with --until: the step from which steps are counted', wholeNumber(0))
    .option('--baseline <level>', 'the level that the others are compared to; the first when left out')
    .addOption(new Option('--test <name>', 'for p').choices(['welch', 'permutation']).default('welch'))
    .addOption(new Option('--format <form>', 'of the table; csv and json hold every digit').choices([...formats]))
    .option('--json', 'machine-readable result')
    .action(async (folder: string, options: Options, command: Command) => {
      const asked = quantityOf(options, command)
      const reader = openReader(folder, say)
      try {
        const study = chooseStudy(reader.project.db, options.study)
        const { id } = study
        const { by: factor, baseline, test, where = {} } = options
        if (asked.kind === 'time') {
          const query = { study: id, factor, ...asked.until, after: options.after ?? 0, where }
          return printTimes(await reader.survive({ ...query, ...(baseline === undefined ? {} : { baseline }) }), options)
        }
        if (asked.kind === 'map')
          return printPhase(await phaseBeside(reader, { study: id, x: factor, ...asked.query, where }), study, options)
        const comparison = await reader.compare({
          study: id,
          factor,
          metric: asked.metric,
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

type Quantity =
  | { readonly kind: 'value'; readonly metric: string }
  | { readonly kind: 'time'; readonly until: Until }
  | { readonly kind: 'map'; readonly query: { readonly y: string; readonly metric: string } }

/** A value, a time or a map, one of them, with the options that belong to it. */
function quantityOf({ and, metric, until, after, baseline }: Options, command: Command): Quantity {
  const refuse = (sentence: string) => new Refusal('invalid-input', sentence)
  if (and !== undefined) {
    if (until !== undefined) throw refuse('--and: expected no --until beside it, got both')
    if (baseline !== undefined) throw refuse('--and: expected no --baseline beside it, got both')
    if (command.getOptionValueSource('test') === 'cli') throw refuse('--test: expected nothing beside --and, which tests nothing, got one')
  }
  if (until === undefined) {
    if (metric === undefined) throw refuse('--metric: expected a value, got nothing')
    if (after !== undefined) throw refuse(`--after: expected --until beside it, got ${after} alone`)
    return and === undefined ? { kind: 'value', metric } : { kind: 'map', query: { y: and, metric } }
  }
  if (metric !== undefined) throw refuse('--until: expected no --metric beside it, got both')
  if (command.getOptionValueSource('test') === 'cli')
    throw refuse('--test: expected nothing beside --until, whose test is log-rank, got one')
  return { kind: 'time', until }
}

function printPhase(phase: Phase, study: Parameters<typeof phaseSentence>[1], { json, format }: Options): void {
  if (json === true) return printJson(phase)
  printTable(phaseTable(phase), format ?? 'table')
  if (format !== undefined) return
  print(phaseSentence(phase, study))
  const boundary = boundaryTable(phase)
  if (boundary !== null) printTable(boundary, 'table')
}

function printTimes(survival: Survival, { json, format }: Options): void {
  if (json === true) return printJson(survival)
  printTable(timesTable(survival), format ?? 'table')
  if (format === undefined) for (const sentence of survivalSentences(survival, reportWords('en'))) print(sentence)
}

function tableOf({ factor, levels, test, confidence }: Comparison) {
  const percent = `${Math.round(100 * confidence)}%`
  return {
    columns: [
      factor,
      'n',
      'diverged',
      'infinite',
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

function rowOf({ label, n, diverged, infinite, mean, standardDeviation, interval, difference }: ComparedLevel): Cell[] {
  return [
    label,
    n,
    diverged,
    infinite,
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
