/** The structure of weights, layer by layer: finds the parameters of a run, or takes a file, and lets a job compute. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, fromRecord } from '#core/contract/errors.ts'
import type { Run } from '#core/contract/runs.ts'
import { structure, type Structure, type StructureContent, type StructureOrigin } from '#core/contract/structure.ts'
import { artifactPath } from '#core/store/artifacts.ts'
import { readRun } from '#core/store/readRuns.ts'
import { readStack } from '#core/store/stacks.ts'
import type { JobEnd, JobOptions } from '#core/trainer/parent.ts'
import type { StructureJob } from '#core/trainer/protocol.ts'
import { waitingOf } from './studies.ts'
import type { Reader } from './workbench.ts'

/** The singular values of one large matrix are one long silence of the job. */
const silentAfterMs = 15 * 60_000
const tries = 5 // a run that trains replaces its checkpoint now and then

export type RunStructureJob = (job: Pick<JobOptions, 'spec' | 'folder' | 'on' | 'silentAfterMs'>) => Promise<JobEnd>

/** Of a run: from its final parameters, else from its latest checkpoint. Fails: 'not-found' for a run that has neither yet. */
export async function structureOfRun(reader: Reader, id: string): Promise<Structure> {
  const { project, scratch } = reader
  const run = readRun(project.db, id)
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'structure-'))
  try {
    const path = join(folder, 'parameters')
    const origin = keepParameters(reader, run, path)
    const waiting = waitingOf(project, run.study, () => true).find(({ stack }) => stack === run.stack)
    const spec = waiting?.runs.find((one) => one.run === id)
    if (waiting === undefined || spec === undefined) throw new Error(`bug: the run ${id} is in no stack`)
    const { cellId: _, ...own } = spec
    const source = { kind: 'run', spec: own, lane: run.lane, files: waiting.files, path } as const
    const content = await contentOf(reader.runJob, { kind: 'structure', source }, join(folder, 'job'))
    const notes =
      run.outcome === null || run.outcome.kind === 'reached-last-step' ? [] : [{ kind: run.outcome.kind, step: run.outcome.step }]
    return structure.parse({ ...content, notes: [...notes, ...content.notes], origin })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Copies a run's parameters aside, so that a newer checkpoint can take nothing away while the job reads; says which they are. */
export function keepParameters({ project }: Reader, run: Run, path: string): StructureOrigin {
  for (let attempt = 1; ; attempt += 1) {
    const { checkpoint, parametersSha256, steps } = readStack(project.db, run.stack)
    const found = parametersSha256 === null ? checkpoint : { sha256: parametersSha256, step: endStep(run) }
    if (found === null)
      throw new Refusal('not-found', `run: expected one with parameters or a checkpoint, got ${run.id}, whose state is ${run.state}`)
    try {
      copyFileSync(artifactPath(project, found.sha256), path)
      const parameters = parametersSha256 === null ? 'checkpoint' : 'final'
      return { kind: 'run', run: run.id, study: run.study, state: run.state, parameters, step: found.step, steps }
    } catch (error) {
      if (error instanceof Error && attempt < tries) continue
      throw new Refusal('store-failed', `run: expected the parameters of ${run.id} in the project, got none: ${String(error)}`)
    }
  }
}

/** After which step a run that is over left its parameters: where a gate stopped it, or before the step at which it diverged. */
function endStep({ outcome, steps }: Run): number {
  if (outcome?.kind === 'stopped-by-gate') return outcome.step
  return outcome?.kind === 'diverged' ? outcome.step - 1 : steps
}

export type OutsideFile = Omit<Extract<StructureJob['source'], { kind: 'file' }>, 'kind'> & { readonly bytes: number }

/** Of a checkpoint from outside. Fails: 'invalid-input' for what is no file of weights. */
export async function structureOfFile(run: RunStructureJob, { bytes, ...file }: OutsideFile, folder: string): Promise<Structure> {
  const content = await contentOf(run, { kind: 'structure', source: { kind: 'file', ...file } }, folder)
  return structure.parse({ ...content, origin: { kind: 'file', name: file.name, bytes } })
}

async function contentOf(run: RunStructureJob, spec: StructureJob, folder: string): Promise<StructureContent> {
  const end = await run({ spec, folder, on: {}, silentAfterMs })
  if (end.kind !== 'ended') throw fromRecord(end.refusal)
  if (end.result.kind !== 'structure') throw new Error(`bug: a structure ended with a result of ${end.result.kind}`)
  return end.result.content
}
