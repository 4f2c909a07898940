/** `kagami structure PROJECT RUN | FILE`: what the weights of a run, or of another program's checkpoint, look like layer by layer. */
import { mkdtempSync, rmSync, statSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Option } from 'commander'
import { Refusal, quote } from '#core/contract/errors.ts'
import type {
  Structure,
  StructureLayer,
  StructureMirror,
  StructureNeurons,
  StructureNote,
  StructureOrigin,
} from '#core/contract/structure.ts'
import type { Cell } from '#core/formats/csv.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { runJob } from '#core/trainer/parent.ts'
import { structureOfFile, structureOfRun } from '#core/workbench/structures.ts'
import type { Register } from '../command.ts'
import { openReader } from '../../node.ts'
import { print, printJson, printTable, say, shortNumber } from '../output.ts'
import { runMeant } from '../runMeant.ts'

const activations = { tanh: 'odd', relu: 'homogeneous', none: 'linear', other: 'other' } as const
const forms = ['table', 'json', 'csv', 'md'] as const
type Options = {
  activation?: keyof typeof activations
  layout?: 'output-first' | 'output-last'
  format?: (typeof forms)[number]
  json?: boolean
}

export const addStructure: Register = (program) => {
  program
    .command('structure <source> [run]')
    .description("sparsity, spectrum, rank and copies, layer by layer: of a project's run, or of a file .safetensors or .npz")
    .addOption(
      new Option('--activation <name>', 'of a file: between its layers; finds copies of neurons').choices(Object.keys(activations)),
    )
    .addOption(
      new Option('--layout <order>', "of a file: where its arrays have their outputs; first, as PyTorch's, when left out").choices([
        'output-first',
        'output-last',
      ]),
    )
    .addOption(new Option('--format <form>', 'of the table; csv and json hold every digit').choices([...forms]))
    .option('--json', 'machine-readable result: every singular value, group and residual')
    .action(async (source: string, run: string | undefined, options: Options) => {
      const found = statSync(source, { throwIfNoEntry: false })
      const structure = found?.isDirectory() === true ? await ofRun(source, run, options) : await ofFile(source, { run, found, options })
      if (options.json === true) return printJson(structure)
      show(structure, options.format ?? 'table')
    })
}

async function ofRun(folder: string, text: string | undefined, { activation, layout }: Options): Promise<Structure> {
  const stray = activation === undefined ? layout : activation
  if (stray !== undefined) {
    const name = activation === undefined ? '--layout' : '--activation'
    throw new Refusal('invalid-input', `${name}: expected nothing for a run, whose model is known, got ${quote(stray)}`)
  }
  const reader = openReader(folder, say)
  try {
    return await structureOfRun(reader, runMeant(reader.project.db, text).id)
  } finally {
    reader.close()
  }
}

type FileGiven = { readonly run: string | undefined; readonly found: Stats | undefined; readonly options: Options }

async function ofFile(source: string, { run, found, options }: FileGiven): Promise<Structure> {
  const { activation, layout = 'output-first' } = options
  if (found === undefined)
    throw new Refusal('not-found', `SOURCE: expected a project or a file .safetensors or .npz, got ${quote(source, 300)} (ENOENT)`)
  if (run !== undefined) throw new Refusal('invalid-input', `RUN: expected nothing beside a file, got ${quote(run)}`)
  const folder = mkdtempSync(join(tmpdir(), 'kagami-'))
  try {
    return await structureOfFile(
      (job) => runJob({ ...job, launcher: forkLauncher(), clock: monotonicClock }).finished,
      {
        path: resolve(source),
        name: basename(source),
        bytes: found.size,
        layout,
        activation: activation === undefined ? null : activations[activation],
      },
      folder,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const shownValues = 3

function show({ origin, layers, neurons, mirrors, notes }: Structure, format: (typeof forms)[number]): void {
  printTable(layerTable(layers, { neurons, isShort: format === 'table' }), format)
  if (format === 'table' || format === 'md') {
    if (neurons.length > 0) {
      print('\n')
      printTable(
        { columns: ['neurons', 'out of', 'width', 'survivors', 'groups', 'vanishing', 'copies'], rows: neurons.map(neuronRow) },
        format,
      )
    }
    if (mirrors.length > 0) {
      print('\n')
      printTable({ columns: ['mirrors', 'nearest', 'reached', 'of'], rows: mirrors.map(mirrorRow) }, format)
    }
  }
  const where = originSentence(origin)
  if (where !== null) say(where)
  for (const note of notes) say(noteSentence(note))
}

/** A row for each array. Neurons stand in the row of what goes into them, but in a terminal, where they have a table of their own. */
function layerTable(layers: readonly StructureLayer[], { neurons, isShort }: { neurons: readonly StructureNeurons[]; isShort: boolean }) {
  const thresholds = layers[0]?.sparsity.map(({ threshold }) => threshold) ?? []
  const first = Array.from({ length: shownValues }, (_, i) => i)
  const isWithNeurons = neurons.length > 0 && !isShort
  return {
    columns: [
      ...['layer', 'shape', 'entries'],
      ...thresholds.map((threshold) => `<${threshold.toExponential()}`),
      ...['zeros', 'norm'],
      ...first.map((i) => `σ${i + 1}`),
      ...['rank', 'numeric', 'effective', 'stable', 'machine', 'energy'],
      ...(isWithNeurons ? ['neurons', 'survivors', 'groups', 'vanishing'] : []),
    ],
    rows: layers.map(({ name, shape, entries, sparsity, exactZeros, norm, matrix, spectrum }): Cell[] => {
      const own = neurons.find(({ incoming }) => incoming === name)
      return [
        ...[name, shape.join('×'), entries],
        ...sparsity.map(({ share }) => share),
        ...[exactZeros, norm],
        ...first.map((i) => spectrum?.singularValues[i] ?? null),
        matrix === null ? null : Math.min(matrix.rows, matrix.columns),
        ...[spectrum?.numericRank, spectrum?.effectiveRank, spectrum?.stableRank, spectrum?.machineRank, spectrum?.energyRank].map(
          (rank) => rank ?? null,
        ),
        ...(isWithNeurons ? [own?.width ?? null, own?.survivors ?? null, own?.groups ?? null, own?.vanishing.length ?? null] : []),
      ]
    }),
  }
}

function neuronRow({ name, outgoing, width, survivors, groups, vanishing, members }: StructureNeurons): Cell[] {
  const copies = members.filter((group) => group.length > 1).map((group) => group.map((neuron) => neuron + 1).join('='))
  return [name, outgoing, width, survivors, groups, survivors === null ? null : vanishing.length, copies.join(' ')]
}

function mirrorRow({ title, residual, reached, places }: StructureMirror): Cell[] {
  return [title.en, residual, reached, places]
}

function originSentence(origin: StructureOrigin): string | null {
  if (origin.kind === 'file') return null
  const { run, state, parameters, step, steps } = origin
  return parameters === 'final'
    ? `${run}: after ${step < steps ? `${step} of` : 'all'} ${steps} steps`
    : `${run} is ${state}: its checkpoint after ${step} of ${steps} steps`
}

function noteSentence(note: StructureNote): string {
  switch (note.kind) {
    case 'not-finite':
      return `${note.layer}: holds NaN or ±∞ or numbers beyond float64, so it has no norm, spectrum and rank`
    case 'left-out':
      return `${note.name}: left out, since it holds whole numbers that float64 does not`
    case 'too-large':
      return `${note.layer}: ${note.rows} × ${note.columns} is left without its singular values or its copies, which would take too long`
    case 'no-activation':
      return 'homogeneity: left out, since a file does not say its activation; give --activation'
    case 'no-neurons':
      return 'homogeneity: left out, since no layer follows another by number and size'
    case 'stack':
      return `the file holds ${note.runs} runs of a stack; of one run, with its model: kagami structure PROJECT RUN`
    case 'diverged':
      return `the run diverged at step ${shortNumber(note.step)}: the weights are its last finite ones`
    case 'stopped-by-gate':
      return `a gate stopped the run at step ${shortNumber(note.step)}: the weights are those of that step`
  }
}
