/**
 * What a host can do with TensorFlow's installation: say how it stands, install, remove. The work goes on in a process that the host starts; this is its parent.
 * Page and command line come here alike.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { EngineProof, InstallNeeds, InstallProgress, InstallUnderWay, InstalledEngine, Variant } from '#core/contract/engines.ts'
import { Refusal, fromRecord, quote, toRecord } from '#core/contract/errors.ts'
import { folderVariable, installationIn, installedTensorflow } from '#core/engines/tensorflow/place.ts'
import { findCompiler } from './compile.ts'
import { growth, type Report } from './installTensorflow.ts'
import { askHolder } from './lock.ts'
import { requirePlatform, requireSpace, type Machine } from './machine.ts'
import type { FromInstaller, ToInstaller, Work } from './messages.ts'

export type InstallerHandlers = {
  readonly message: (message: FromInstaller) => void
  /** Called once and last. */
  readonly exited: (how: string) => void
}
export type InstallerProcess = { send(message: ToInstaller): void; kill(): void }

export type InstallerHost = {
  /** Starts a process that serves (`child.ts`). The handlers are first called after it has returned. */
  start(handlers: InstallerHandlers): InstallerProcess
  /** Proves the TensorFlow of a folder, which need not be the one that counts, in a process of its own. */
  prove(folder: string, signal: AbortSignal): Promise<EngineProof>
  machine(): Machine
  engines(): string // the folder of engines
}

export type InstallWanted = { readonly variant: Variant; readonly from: string | null }
export type InstallState = {
  readonly installed: InstalledEngine | null
  readonly needs: InstallNeeds
  readonly elsewhere: InstallUnderWay | null // also that of this process: who began it knows
}

/** Work under way. `cancel` leaves what was there before, unless the last rename was made already. */
export type Running<T> = { readonly finished: Promise<T>; cancel(): void }

export type Installer = {
  state(): Promise<InstallState>
  /** Fails: as `installTensorflow`, and 'trainer-crashed' where its process ends without a word. */
  install(wanted: InstallWanted, onProgress: (progress: InstallProgress) => void): Running<Report>
  /** The bytes that came free, 0 where nothing was there. */
  remove(): Running<number>
}

export function createInstaller(host: InstallerHost): Installer {
  return {
    state: () => stateOf(host),
    install: ({ variant, from }, onProgress) => {
      if (from !== null && !isAbsolute(from))
        throw new Refusal('invalid-input', `from: expected the absolute path of a wheel, got ${quote(from, 300)}`)
      const work = { action: 'install', engines: host.engines(), variant, from } as const
      return runWork(host, { work, onProgress, take: (said) => (said.kind === 'installed' ? said.report : null) })
    },
    remove: () => {
      const work = { action: 'remove', engines: host.engines() } as const
      return runWork(host, { work, onProgress: () => undefined, take: (said) => (said.kind === 'removed' ? said.bytes : null) })
    },
  }
}

type Working<T> = {
  readonly work: Work
  readonly onProgress: (progress: InstallProgress) => void
  readonly take: (said: FromInstaller) => T | null
}

function runWork<T>(host: InstallerHost, { work, onProgress, take }: Working<T>): Running<T> {
  const stop = new AbortController()
  const cancelled = new Refusal(
    'cancelled',
    `engine ${work.action}: interrupted; what was fetched is kept, and the next installation goes on from there`,
  )
  const finished = new Promise<T>((resolve, reject) => {
    let isOver = false
    const refuse = (refusal: Refusal) => {
      isOver = true
      reject(stop.signal.aborted ? cancelled : refusal) // a terminal's Ctrl-C reaches the compiler too, which then fails by itself
    }
    const installer = host.start({
      message: (message) => {
        if (isOver) return
        if (message.kind === 'progress') return onProgress(message.progress)
        if (message.kind === 'prove') return void answerProof(host, { installer, folder: message.folder, signal: stop.signal })
        const result = take(message)
        if (result === null) refuse(message.kind === 'refused' ? fromRecord(message.refusal) : crash(work, 'another answer'))
        else {
          isOver = true
          resolve(result)
        }
        installer.kill()
      },
      exited: (how) => {
        if (!isOver) refuse(crash(work, how))
      },
    })
    stop.signal.addEventListener('abort', () => installer.send({ kind: 'cancel' }))
    installer.send({ kind: 'begin', work })
  })
  return { finished, cancel: () => stop.abort() }
}

const crash = ({ action }: Work, how: string) =>
  new Refusal(
    'trainer-crashed',
    `engine ${action}: expected its process to end with a word, got ${how}; what was installed before still counts`,
  )

type Proving = { readonly installer: InstallerProcess; readonly folder: string; readonly signal: AbortSignal }

async function answerProof(host: InstallerHost, { installer, folder, signal }: Proving): Promise<void> {
  try {
    installer.send({ kind: 'proved', proof: await host.prove(folder, signal) })
  } catch (error) {
    installer.send({ kind: 'unproved', refusal: toRecord(error) })
  }
}

async function stateOf(host: InstallerHost): Promise<InstallState> {
  const engines = host.engines()
  const machine = host.machine()
  const told = await askHolder(engines)
  return {
    installed: installedIn(engines, machine),
    needs: await needsOf(engines, machine),
    elsewhere: told === null ? null : { ...told, by: 'another-process', isStopping: false },
  }
}

function installedIn(engines: string, { env }: Machine): InstalledEngine | null {
  const own = installationIn(engines)
  const isNamed = (env[folderVariable] ?? '') !== ''
  const installed = isNamed ? installedTensorflow(env) : own
  if (installed === null) return null
  const { version, variant, installedMs, bytes, compiler, proof } = installed.record
  const isRemovable = own?.folder === installed.folder
  return { version, variant, folder: installed.folder, installedMs, bytes, compiler, proof, isRemovable }
}

/** Of TensorFlow 2.21 for the processor, in bytes (docs/engines.md); the index says the exact size when it is asked. */
const expected = { fetch: 274e6, disk: 854e6 } as const

async function needsOf(engines: string, machine: Machine): Promise<InstallNeeds> {
  const place = existingAbove(engines)
  const fetched = Math.min(expected.fetch, fetchedIn(join(engines, 'downloads')))
  const hindrance = await sentenceOf(async () => {
    requirePlatform(machine, 'cpu')
    await findCompiler(machine)
    await requireSpace(machine, place, expected.fetch - fetched + growth * expected.fetch)
  })
  return {
    ...expected,
    fetched,
    free: await machine.bytesFree(place).catch(() => null),
    folder: engines,
    hindrance,
    gpuHindrance: await sentenceOf(async () => requirePlatform(machine, 'gpu')),
  }
}

/** The sentence of a refusal; null where there is none. */
async function sentenceOf(action: () => Promise<void>): Promise<string | null> {
  try {
    await action()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

function existingAbove(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (existsSync(at) || dirname(at) === at) return at
}

function fetchedIn(downloads: string): number {
  return namesIn(downloads).reduce((sum, name) => sum + (statSync(join(downloads, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // nothing was fetched, or an installation has just put it away
  }
}
