/**
 * TensorFlow's installation as the page sees it: one at a time, told by events, held against what trains. What puts files in place is given by the host and works in a
 * process of its own.
 */
import type {
  InstallNeeds,
  InstallProgress,
  InstallRequest,
  InstallUnderWay,
  Installation,
  InstalledEngine,
} from '#core/contract/engines.ts'
import { Refusal, toRecord, type RefusalRecord } from '#core/contract/errors.ts'
import { defaultEngine } from '#core/engines/defaultEngine.ts'
import type { Events } from './events.ts'

/** What a host gives: `core/installer` behind a process of its own. */
export type InstallerPart = {
  state(): Promise<{
    readonly installed: InstalledEngine | null
    readonly needs: InstallNeeds
    readonly elsewhere: InstallUnderWay | null
  }>
  install(
    wanted: { readonly variant: InstallRequest['variant']; readonly from: string | null },
    onProgress: (progress: InstallProgress) => void,
  ): Work<unknown>
  remove(): Work<number>
}
type Work<T> = { readonly finished: Promise<T>; cancel(): void }

export type InstallationParts = {
  readonly installer: InstallerPart
  readonly events: Events
  readonly nowMs: () => number
  /** The name of a study that trains on TensorFlow now; null where none does. */
  readonly trainsOn: () => string | null
}

export type Installations = {
  state(): Promise<Installation>
  /** Begins; how it goes and ends is told by events. Fails: 'conflict' beside another one, or while a study trains on what it would replace. */
  install(request: InstallRequest): Promise<Installation>
  /** Stops the one that this workbench began. Fails: 'conflict' where another process began it; nothing under way is no fault. */
  cancel(): Promise<Installation>
  /** The bytes that came free. Fails as `install`. */
  remove(): Promise<number>
  close(): Promise<void>
}

const toldEveryMs = 200 // ten minutes are 3,000 events of the ten thousand that are kept

export function createInstallations({ installer, events, nowMs, trainsOn }: InstallationParts): Installations {
  const work = createHolder({ events, nowMs })

  async function state(): Promise<Installation> {
    const turn = work.turn()
    const { installed, needs, elsewhere } = await installer.state()
    if (turn !== work.turn()) return state() // what began or ended meanwhile may be what it told of
    return { engine: 'tensorflow', installed, needs, underWay: work.underWay() ?? elsewhere, ...work.ended(), standard: defaultEngine() }
  }

  function requireFree(action: string): void {
    if (work.underWay() !== null)
      throw new Refusal('conflict', 'engine: expected one installation at a time, got another that is under way')
    const study = trainsOn()
    if (study !== null)
      throw new Refusal('conflict', `engine ${action}: expected no study that trains on tensorflow, got ${study}; stop it first`)
  }

  return {
    state,
    install: async ({ variant, from = null }) => {
      requireFree('install')
      void work.hold({ action: 'install', variant }, (hear) => installer.install({ variant, from }, hear)).catch(() => undefined) // kept for whoever asks how it ended
      return state()
    },
    cancel: async () => {
      if (!work.cancel() && (await installer.state()).elsewhere !== null)
        throw new Refusal('conflict', 'engine cancel: expected an installation of this workbench, got one of another process; end it there')
      return state()
    },
    remove: async () => {
      requireFree('remove')
      return work.hold({ action: 'remove', variant: null }, () => installer.remove())
    },
    close: async () => {
      work.cancel()
      await work.idle()
    },
  }
}

type Own = { readonly about: InstallUnderWay; readonly work: Work<unknown> }
type Begin<T> = (hear: (progress: InstallProgress) => void) => Work<T>

/** Holds the one work of this workbench until it has ended, tells how it goes, and keeps what it came to. */
function createHolder({ events, nowMs }: Pick<InstallationParts, 'events' | 'nowMs'>) {
  let own: Own | null = null
  let turns = 0 // works begun and ended
  let ended: Pick<Installation, 'refused' | 'endedMs'> = { refused: null, endedMs: null }
  const change = (about: Partial<InstallUnderWay>) => {
    if (own !== null) own = { ...own, about: { ...own.about, ...about } }
  }
  const end = (refused: RefusalRecord | null) => {
    own = null
    turns += 1
    ended = { refused, endedMs: nowMs() }
    events.say({ kind: 'engineChanged', progress: null })
  }
  return {
    turn: () => turns,
    underWay: () => own?.about ?? null,
    ended: () => ended,
    /** What cannot begin is thrown at once. */
    hold<T>(what: Pick<InstallUnderWay, 'action' | 'variant'>, begin: Begin<T>): Promise<T> {
      const work = begin(
        sparingly(nowMs, (progress, isTold) => {
          change({ progress })
          if (isTold) events.say({ kind: 'engineChanged', progress })
        }),
      )
      turns += 1
      own = { work, about: { ...what, by: 'this-workbench', pid: null, startedMs: nowMs(), progress: null, isStopping: false } }
      ended = { refused: null, endedMs: null }
      events.say({ kind: 'engineChanged', progress: null })
      return work.finished.then(
        (result) => {
          end(null)
          return result
        },
        (error: unknown) => {
          end(toRecord(error))
          throw error
        },
      )
    },
    /** Whether there was something to stop. */
    cancel(): boolean {
      change({ isStopping: true })
      own?.work.cancel()
      return own !== null
    },
    idle: async () => void (await own?.work.finished.catch(() => undefined)),
  }
}

/** Whether a progress is to be told: a new stage is, and a stage's last bytes; what lies between at most five times a second. */
function sparingly(nowMs: () => number, pass: (progress: InstallProgress, isTold: boolean) => void): (progress: InstallProgress) => void {
  let toldMs = -Infinity
  let stage: InstallProgress['stage'] | null = null
  return (progress) => {
    const isTold = progress.stage !== stage || nowMs() - toldMs >= toldEveryMs || progress.done >= progress.total
    stage = progress.stage
    if (isTold) toldMs = nowMs()
    pass(progress, isTold)
  }
}
