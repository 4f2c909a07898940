/**
 * An installation inside a process of its own: hashing and unpacking some hundred megabytes would hold up whoever serves a page meanwhile. It ends with its parent,
 * and puts away what it has half made.
 */
import type { EngineProof, InstallProgress } from '#core/contract/engines.ts'
import { Refusal, fromRecord, toRecord } from '#core/contract/errors.ts'
import { installTensorflow, removeTensorflow } from './installTensorflow.ts'
import type { Machine } from './machine.ts'
import type { FromInstaller, ToInstaller, Work } from './messages.ts'

/** How messages reach the parent and come from it. */
export type InstallerChannel = {
  send(message: FromInstaller): void
  onMessage(handler: (message: ToInstaller) => void): void
  /** A host that ends its processes itself when it goes may never call it. */
  onParentGone(handler: () => void): void
}

export type ChildParts = { readonly machine: () => Machine; readonly nowMs: () => number; readonly exit: (code: number) => void }

const progressEveryMs = 100

export function serveInstaller(channel: InstallerChannel, parts: ChildParts): void {
  const stop = new AbortController()
  let hasParent = true
  let isDone = false
  let answered: (answer: EngineProof | Refusal) => void = () => undefined

  /** Asks the parent, which can start a process in the environment that TensorFlow wants. */
  function prove(folder: string): Promise<EngineProof> {
    return new Promise((resolve, reject) => {
      answered = (answer) => (answer instanceof Refusal ? reject(answer) : resolve(answer))
      stop.signal.addEventListener('abort', () => reject(new Refusal('cancelled', 'engine install: interrupted')))
      channel.send({ kind: 'prove', folder })
    })
  }

  async function begin(work: Work): Promise<void> {
    const said = await run(work, { ...parts, prove, signal: stop.signal, onProgress: sparingly(channel) }).catch(
      (error: unknown): FromInstaller => ({ kind: 'refused', refusal: toRecord(error) }),
    )
    isDone = true
    if (!hasParent) return parts.exit(0)
    channel.send(said) // the parent ends this process when it has read it
  }

  channel.onParentGone(() => {
    hasParent = false
    if (isDone) parts.exit(0)
    stop.abort()
  })
  channel.onMessage((message) => {
    if (message.kind === 'begin') void begin(message.work)
    else if (message.kind === 'cancel') stop.abort()
    else answered(message.kind === 'proved' ? message.proof : fromRecord(message.refusal))
  })
}

type Running = ChildParts & {
  readonly prove: (folder: string) => Promise<EngineProof>
  readonly signal: AbortSignal
  readonly onProgress: (progress: InstallProgress) => void
}

async function run(work: Work, { machine, ...options }: Running): Promise<FromInstaller> {
  if (work.action === 'remove') return { kind: 'removed', bytes: await removeTensorflow(work.engines) }
  return { kind: 'installed', report: await installTensorflow({ ...work, ...options, machine: machine() }) }
}

/** Every stage is told when it begins and when its bytes are all there; what lies between at most ten times a second. */
function sparingly({ send }: InstallerChannel): (progress: InstallProgress) => void {
  let toldMs = -Infinity
  return (progress) => {
    const nowMs = performance.now()
    const isEdge = progress.done === 0 || progress.done >= progress.total
    if (!isEdge && nowMs - toldMs < progressEveryMs) return
    toldMs = nowMs
    send({ kind: 'progress', progress })
  }
}
