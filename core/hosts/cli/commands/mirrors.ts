/**
 * `kagami mirrors PROJECT RUN | STUDY`: the mirrors of a network, found by what it computes, each with the decay from which on it attracts, where a run is, or where a
 * study would start.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Option } from 'commander'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Mirrors, MirrorsOrigin, MirrorRow, RejectedRow, SymmetryFamily } from '#core/contract/mirrors.ts'
import type { Cell } from '#core/formats/csv.ts'
import { keptWords, lawWords, noteWords, onMirrorWords, plainFormula } from '#core/presentation/mirrors.ts'
import { reportWords } from '#core/report/words.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { runJob } from '#core/trainer/parent.ts'
import { mirrorsOfRun, mirrorsOfStudy } from '#core/workbench/mirrors.ts'
import type { Where } from '#core/workbench/levels.ts'
import { openSource } from '#core/workbench/sources.ts'
import type { Register } from '../command.ts'
import { openReader, resources } from '../../node.ts'
import { sourceOf, withOverrides, withWhere } from '../options.ts'
import { print, printJson, printTable, say } from '../output.ts'
import { runMeant } from '../runMeant.ts'

const words = reportWords('en')

type Options = { set?: readonly string[]; where?: Where; at?: 'end' | 'start'; csv?: boolean; json?: boolean }

export const addMirrors: Register = (program) => {
  withWhere(withOverrides(program.command('mirrors <source> [run]')))
    .description(
      "the network's mirrors and from which weight decay on each attracts: of a project's run, or of a study before it is trained",
    )
    .addOption(
      new Option('--at <moment>', 'of a run: its last parameters, or its start, which needs no training; end when left out').choices([
        'end',
        'start',
      ]),
    )
    .option('--csv', 'the mirrors alone, with every digit')
    .option('--json', 'machine-readable result, with every candidate that was rejected')
    .addHelpText('after', help)
    .action(async (source: string, run: string | undefined, options: Options) => {
      const isProject = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true
      const mirrors = isProject ? await ofRun(source, run, options) : await ofStudy(source, run, options)
      if (options.json === true) return printJson(mirrors)
      if (options.csv === true) return printTable(exactTable(mirrors), 'csv')
      show(mirrors)
    })
}

const help = `
γ_loc = −½ λ_min of the Hessian of the data loss in a mirror's directions, at the nearest point on it: a larger weight decay γ attracts, a smaller one repels.
Λ is the Lyapunov exponent of plain SGD off the mirror, per step, with its 95 % interval: below 0 the study's noise pulls to it.

Examples:
  kagami mirrors permutation-homogeneity
  kagami mirrors study.yaml --set model.activation=gelu --where regularisation.weightDecay=0.1
  kagami mirrors study.kagami 3f2a.1 --at start`

async function ofRun(folder: string, text: string | undefined, { set, where, at = 'end' }: Options): Promise<Mirrors> {
  if (set !== undefined)
    throw new Refusal('invalid-input', `--set: expected nothing for a run, whose study is frozen, got ${quote(set.join(' '))}`)
  if (where !== undefined)
    throw new Refusal('invalid-input', `--where: expected nothing beside a run, got ${quote(Object.keys(where).join(' '))}`)
  const reader = openReader(folder, say)
  try {
    return await mirrorsOfRun(reader, { run: runMeant(reader.project.db, text).id, at })
  } finally {
    reader.close()
  }
}

async function ofStudy(name: string, run: string | undefined, { set, where = {}, at }: Options): Promise<Mirrors> {
  if (run !== undefined) throw new Refusal('invalid-input', `RUN: expected nothing beside a study, got ${quote(run)}`)
  if (at === 'end') throw new Refusal('invalid-input', '--at: expected start for a study, which nobody has trained, got end')
  const source = openSource(sourceOf(name, set), resources)
  const scratch = mkdtempSync(join(tmpdir(), 'kagami-'))
  try {
    return await mirrorsOfStudy((job) => runJob({ ...job, launcher: forkLauncher(), clock: monotonicClock }).finished, source, {
      where,
      scratch,
    })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function show({ origin, mirrors, rejected, families, notes }: Mirrors): void {
  if (mirrors.length > 0)
    printTable({ columns: ['symmetry', 'reflection', 'place', 'found', 'rank', 'nearest', 'residual', 'γ_loc', '±', 'γ', 'so it', 'Λ', 'Λ low', 'Λ high', 'the study'], rows: mirrors.map(mirrorCells) }, 'table') // prettier-ignore
  else print('No mirror was found.')
  if (families.length > 0) {
    print('')
    printTable({ columns: ["the model's symmetries", 'mirrors', 'on one', 'optimisers that keep it', 'the study', 'conserved', 'largest now', 'law'], rows: families.map(familyCells) }, 'table') // prettier-ignore
  }
  const broken = rejected.filter(({ isExpected }) => isExpected)
  if (broken.length > 0) {
    print('')
    printTable({ columns: ['rejected', 'reflection', 'place', 'candidates', 'changes the loss by'], rows: broken.map(rejectedCells) }, 'table') // prettier-ignore
  }
  const others = rejected.length - broken.length
  say(originSentence(origin))
  if (others > 0) say(`${others} other ${others === 1 ? 'kind' : 'kinds'} of reflections were tried and are none; --json has them`)
  const whys = new Set(mirrors.flatMap(({ whyNoExponent }) => whyNoExponent ?? []))
  for (const why of whys) say(`Λ is left out where it does not apply: ${words(`mirrors.why.${why}`)}`)
  for (const note of notes) say(noteWords(note, words))
}

function mirrorCells(row: MirrorRow): Cell[] {
  const { title, reflection, place, count, candidates, checked, rank, nearest, residual, threshold, decay, verdict, exponent, isKept } = row
  const found =
    reflection === 'rotation' ? 'every direction' : `${count} of ${candidates}${checked < candidates ? ` (${checked} tried)` : ''}`
  return [
    ...[title.en, words(`mirrors.reflection.${reflection}`), place, found, rank, nearest, residual],
    ...[threshold?.value ?? null, threshold?.accuracy ?? null, decay, verdict === null ? null : words(`mirrors.verdict.${verdict}`)],
    ...[exponent?.value ?? null, exponent?.low ?? null, exponent?.high ?? null, words(isKept ? 'mirrors.kept.yes' : 'mirrors.kept.no')],
  ]
}

function familyCells(family: SymmetryFamily): Cell[] {
  const { title, mirrors, onMirror, keptBy, conserved } = family
  const kept = [keptBy.join(', '), keptWords(family, words)]
  const quantity = conserved === null ? [null, null, null] : [plainFormula(conserved.tex), conserved.largest, lawWords(conserved, words)]
  return [title.en, mirrors === null ? 'every direction' : String(mirrors), onMirrorWords(onMirror, words), ...kept, ...quantity]
}

function rejectedCells({ title, reflection, place, rejected, checked, least, largest }: RejectedRow): Cell[] {
  const change = (value: number) => value.toExponential(1)
  return [title.en, words(`mirrors.reflection.${reflection}`), place, `${rejected} of ${checked}`, least === largest ? change(least) : `${change(least)} … ${change(largest)}`] // prettier-ignore
}

/** Every digit, and every column of a row. */
function exactTable({ mirrors }: Mirrors) {
  const columns = ['symmetry', 'family', 'reflection', 'place', 'nearest', 'mirrors', 'candidates', 'checked', 'rank', 'error', 'residual', 'threshold', 'accuracy', 'converged', 'weight-decay', 'verdict', 'exponent', 'exponent-low', 'exponent-high', 'estimator', 'why-no-exponent', 'kept'] // prettier-ignore
  const rows = mirrors.map((row): Cell[] => [
    ...[row.symmetry, row.family, row.reflection, row.place, row.nearest, row.count, row.candidates, row.checked, row.rank, row.error, row.residual],
    ...[row.threshold?.value ?? null, row.threshold?.accuracy ?? null, row.threshold?.converged ?? null, row.decay, row.verdict],
    ...[row.exponent?.value ?? null, row.exponent?.low ?? null, row.exponent?.high ?? null, row.exponent?.estimator ?? null, row.whyNoExponent, row.isKept],
  ]) // prettier-ignore
  return { columns, rows }
}

function originSentence(origin: MirrorsOrigin): string {
  if (origin.kind === 'study') {
    const levels = origin.levels.map(({ factor, label }) => `${factor}=${label}`)
    return `${origin.name}${levels.length > 0 ? ` at ${levels.join(', ')}` : ''}: before the first step, as seed ${origin.replicate} starts`
  }
  const { run, state, parameters, step, steps } = origin
  switch (parameters) {
    case 'final':
      return `${run}: after ${step < steps ? `${step} of` : 'all'} ${steps} steps`
    case 'checkpoint':
      return `${run} is ${state}: its checkpoint after ${step} of ${steps} steps`
    case 'start':
      return `${run}: before the first step`
  }
}
