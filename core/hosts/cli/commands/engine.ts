/** `kagami engine list | install tensorflow | remove tensorflow`: what computes, and what is added to it. */
import { resolve } from 'node:path'
import { Option } from 'commander'
import type { InstallProgress, InstallStage } from '#core/contract/engines.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { engineStates } from '#core/engines/states.ts'
import { enginesFolder, installationIn } from '#core/engines/tensorflow/place.ts'
import { defaultEngine } from '#core/engines/defaultEngine.ts'
import type { Report } from '#core/installer/installTensorflow.ts'
import type { Running } from '#core/installer/installer.ts'
import { sizeWords } from '#core/installer/machine.ts'
import type { Register } from '../command.ts'
import { nodeInstaller } from '../../installer.ts'
import { print, printJson, printTable } from '../output.ts'

type Options = { json?: boolean }
type InstallOptions = Options & { gpu?: boolean; from?: string }

export const addEngine: Register = (program) => {
  const engine = program.command('engine').description('what computes: list, install, remove')
  engine
    .command('list')
    .description('every engine, whether it is there, its version, its size on disk and its device')
    .option('--json', 'machine-readable result')
    .action(({ json }: Options) => list(json === true))
  engine
    .command('install <name>')
    .description('install TensorFlow: fetch its wheel, compile the addon, prove a product')
    .option('--gpu', 'the one for CUDA, with NVIDIA’s libraries')
    .addOption(new Option('--from <wheel>', 'a wheel on disk instead of the network; with --gpu NVIDIA’s wheels beside it'))
    .option('--json', 'machine-readable result')
    .action(async (name: string, options: InstallOptions) => {
      requireName(name)
      await install(options)
    })
  engine
    .command('remove <name>')
    .description('remove TensorFlow and what was fetched for it')
    .option('--json', 'machine-readable result')
    .action(async (name: string, { json }: Options) => {
      requireName(name)
      await remove(json === true)
    })
}

function requireName(name: string): void {
  if (name !== 'tensorflow')
    throw new Refusal('invalid-input', `NAME: expected tensorflow, the one engine that is not built in, got ${quote(name)}`)
}

function list(json: boolean): void {
  const states = engineStates()
  if (json) return printJson(states)
  const words = { 'built-in': 'built in', installed: 'installed', 'not-installed': 'not installed' } as const
  printTable(
    {
      columns: ['engine', 'state', 'version', 'on disk', 'device'],
      rows: states.map(({ engine, state, version, variant, bytes, device }) => [
        engine,
        words[state],
        variant === 'gpu' ? `${version} (GPU)` : version,
        bytes === 0 ? null : sizeWords(bytes),
        device ?? (state === 'not-installed' ? '`kagami engine install tensorflow` installs it' : null),
      ]),
    },
    'table',
  )
}

async function install({ gpu, from, json }: InstallOptions): Promise<void> {
  const line = progressLine()
  try {
    const wanted = { variant: gpu === true ? 'gpu' : 'cpu', from: from === undefined ? null : resolve(from) } as const
    const report = await stoppable(nodeInstaller().install(wanted, (progress) => line.show(progress)))
    line.end()
    if (json === true) printJson(report)
    else tell(report)
  } finally {
    line.end()
  }
}

/** Waits for the work; Ctrl-C stops it, and what it had half made is put away before the command ends. */
async function stoppable<T>({ finished, cancel }: Running<T>): Promise<T> {
  process.once('SIGINT', cancel)
  process.once('SIGTERM', cancel)
  try {
    return await finished
  } finally {
    process.off('SIGINT', cancel)
    process.off('SIGTERM', cancel)
  }
}

function tell({ folder, record, seconds }: Report): void {
  const { version, variant, bytes, proof, compiler, wheels } = record
  const fetched = wheels.reduce((sum, wheel) => sum + wheel.bytes, 0)
  const took = (['fetch', 'unpack', 'compile', 'prove'] as const).map((step) => `${step} ${seconds[step].toFixed(1)} s`).join(', ')
  print(`TensorFlow ${version}${variant === 'gpu' ? ' for CUDA' : ''} is installed in ${folder}`)
  print(`Wheels ${sizeWords(fetched)}, on disk ${sizeWords(bytes)}, addon by ${compiler}: ${took}`)
  if (proof !== null)
    print(
      `Proved: ${proof.gflops.toFixed(1)} GFLOP/s, error ${proof.error.toExponential(1)} (bound ${proof.bound.toExponential(1)}) on ${proof.device}`,
    )
  const { engine } = defaultEngine()
  print(
    engine === 'tensorflow'
      ? 'New studies train on it; `kagami run STUDY --engine wasm` names the other.'
      : 'Use it: kagami run STUDY --engine tensorflow',
  )
}

async function remove(json: boolean): Promise<void> {
  const folder = enginesFolder()
  const installed = installationIn(folder)?.folder ?? null // what KAGAMI_TENSORFLOW names belongs to others and stays
  const bytes = await stoppable(nodeInstaller().remove())
  if (json) return printJson({ folder: installed, bytes })
  if (bytes === 0) return print('tensorflow: nothing to remove')
  const removed = installed === null ? `what was left of it in ${folder}` : installed
  print(`tensorflow: removed ${removed}, ${sizeWords(bytes)} came free`)
}

const sentences: Readonly<Record<InstallStage, string>> = {
  find: 'asking the package index',
  fetch: 'fetching the wheel',
  unpack: 'unpacking',
  compile: 'compiling the addon',
  prove: 'proving a product',
  keep: 'keeping it',
}

/** On a terminal one line that is redrawn, at most ten times a second; in a pipe nothing. */
function progressLine(stream: NodeJS.WriteStream = process.stderr): { show(progress: InstallProgress): void; end(): void } {
  if (!stream.isTTY || process.env['TERM'] === 'dumb') return { show: () => undefined, end: () => undefined }
  const began = { stage: '', ms: 0 }
  let drawnMs = 0
  return {
    show: ({ stage, done, total }) => {
      const nowMs = performance.now()
      if (stage !== began.stage) Object.assign(began, { stage, ms: nowMs })
      else if (nowMs - drawnMs < 100) return
      drawnMs = nowMs
      const secondsLeft = done === 0 ? 0 : (((nowMs - began.ms) / 1_000) * (total - done)) / done
      const share = total === 0 ? '' : ` ${Math.floor((100 * done) / total)} % of ${sizeWords(total)}, ${Math.ceil(secondsLeft)} s left`
      stream.write(`\r\u001b[2K${`${sentences[stage]} …${share}`.slice(0, stream.columns - 1)}`)
    },
    end: () => void stream.write('\r\u001b[2K'),
  }
}
