/** Composes a workbench on Node: this machine's processes, clock and log. Command line and web server share it. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openProject } from '#core/store/project.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { createWorkbench, type Workbench } from '#core/workbench/workbench.ts'

/** The program's own presets, data and messages. */
export const resources = fileURLToPath(new URL('../../resources', import.meta.url))
export const root = fileURLToPath(new URL('../..', import.meta.url))

export type NodeHost = {
  readonly project: string
  readonly jobs?: number | undefined
  readonly create?: boolean
  readonly log: (text: string) => void
}

/** Opens a project for writing and the workbench over it. Fails as `openProject` does. */
export function openWorkbench({ project, jobs = availableParallelism(), create = false, log }: NodeHost): Workbench {
  return createWorkbench({
    project: openProject(resolve(project), { mode: 'write', create, nowMs: Date.now() }),
    launcher: forkLauncher(),
    resources,
    clock: monotonicClock,
    nowMs: () => Date.now(),
    log,
    jobs,
  })
}
