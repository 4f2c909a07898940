/** Composes a workbench on Node: this machine's processes, clock and log. Command line and web server share it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Refusal, quote } from '#core/contract/errors.ts'
import { openProject, type Project } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import type { Readable } from '#core/store/statements.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { machineMemory } from '#core/trainer/parentMemory.ts'
import { createReader, createWorkbench, type Reader, type Workbench } from '#core/workbench/workbench.ts'
import { nodeInstaller } from './installer.ts'
import { root } from './root.ts'

/** The program's own presets, data and messages. */
export const resources = join(root, 'resources')

export type NodeHost = {
  readonly project: string
  readonly jobs?: number | undefined
  readonly checkpointEverySeconds?: number | undefined
  readonly create?: boolean
  readonly log: (text: string) => void
}

/** Opens a project for writing and the workbench over it. Fails as `openProject` does. */
export function openWorkbench({
  project,
  jobs = availableParallelism(),
  checkpointEverySeconds,
  create = false,
  log,
}: NodeHost): Workbench {
  const path = resolve(project)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    throw new Refusal('invalid-input', `project: expected a folder, got a file: ${quote(path, 300)}`)
  return createWorkbench({
    ...parts(log),
    installer: nodeInstaller(),
    project: openProject(path, { mode: 'write', create, nowMs: Date.now() }),
    jobs,
    memory: machineMemory,
    ...(checkpointEverySeconds === undefined ? {} : { checkpointEveryMs: 1_000 * checkpointEverySeconds }),
  })
}

/** Asks a project without writing into it, also while another process trains for it; jobs write into a folder of the system's. */
export function openReader(folder: string, log: (text: string) => void): Reader & { close(): void } {
  const project = openForReading(folder)
  const scratch = mkdtempSync(join(tmpdir(), 'kagami-'))
  return {
    ...createReader({ ...parts(log), project, scratch }),
    close: () => {
      project.close()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/**
 * Opens a project for reading. Where its last writer died without a word, nobody else would say so of its runs: they are marked `interrupted` first.
 * A writer that is alive, or a place that cannot be written, leaves them as they are.
 */
export function openForReading(folder: string): Project<Readable> {
  const path = resolve(folder)
  const project = openProject(path, { mode: 'read' })
  if (readRuns(project.db, { states: ['queued', 'running'], limit: 1 }).total === 0) return project
  project.close()
  try {
    openProject(path, { mode: 'write', nowMs: Date.now() }).close()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  return openProject(path, { mode: 'read' })
}

function parts(log: (text: string) => void) {
  return { launcher: forkLauncher(), resources, clock: monotonicClock, nowMs: () => Date.now(), log }
}
