/** The contract's handlers: each a line to the workbench or the store. Served in-process, over a port and over HTTP. */
import { implement } from '@orpc/server'
import { contract } from '#core/contract/index.ts'
import { Refusal } from '#core/contract/errors.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readSeries } from '#core/store/readSeries.ts'
import { readSpecification, readStudy } from '#core/store/studies.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { mirrorsOfRun } from './mirrors.ts'
import { predictionsOf } from './predictions.ts'
import { phaseBeside } from './phases.ts'
import { listPresets } from './presets.ts'
import { openSource } from './sources.ts'
import { structureOfRun } from './structures.ts'
import { planOf } from './summary.ts'
import { transitionsOf } from './transitions.ts'
import type { Workbench } from './workbench.ts'

/** A page may not name a folder of this machine: it would read files that its user did not give it. */
function withoutFolder<S extends { folder?: string | undefined }>(source: S): S {
  if (source.folder !== undefined) throw new Refusal('invalid-input', 'study.folder: expected nothing from a page, got a folder')
  return source
}

export function createRouter(workbench: Workbench) {
  const { project, resources, events, installations } = workbench
  const { db } = project
  const os = implement(contract)
  const known = (study: string) => readStudy(db, study).id
  return os.router({
    presets: { list: os.presets.list.handler(() => listPresets(resources)) },
    studies: {
      plan: os.studies.plan.handler(({ input }) => {
        const source = openSource(withoutFolder(input), resources)
        return planOf(source, workbench.engineFor(source.study.id).engine)
      }),
      start: os.studies.start.handler(({ input: { engine, ...source } }) => ({
        study: workbench.start(withoutFolder(source), engine).study,
      })),
      resume: os.studies.resume.handler(({ input }) => ({ study: workbench.resume(input.study).study })),
      stop: os.studies.stop.handler(({ input }) => {
        workbench.stop(input.study)
        return input
      }),
      list: os.studies.list.handler(() => workbench.list()),
      get: os.studies.get.handler(({ input }) => workbench.get(input.study)),
      text: os.studies.text.handler(({ input }) => ({ text: readSpecification(db, known(input.study)).text })),
      coefficients: os.studies.coefficients.handler(({ input }) => [...readCoefficients(db, known(input.study))]),
      predictions: os.studies.predictions.handler(({ input }) => predictionsOf(db, known(input.study))),
      transitions: os.studies.transitions.handler(({ input }) => transitionsOf(project, known(input.study))),
    },
    runs: { list: os.runs.list.handler(({ input }) => readRuns(db, input)) },
    series: { read: os.series.read.handler(({ input }) => readSeries(db, { ...input, study: known(input.study) })) },
    structures: { get: os.structures.get.handler(({ input }) => structureOfRun(workbench, input.run)) },
    mirrors: { get: os.mirrors.get.handler(({ input }) => mirrorsOfRun(workbench, input)) },
    comparisons: {
      make: os.comparisons.make.handler(({ input }) => workbench.compare(input)),
      phase: os.comparisons.phase.handler(({ input }) => phaseBeside(workbench, input)),
      survival: os.comparisons.survival.handler(({ input }) => workbench.survive(input)),
    },
    reports: {
      make: os.reports.make.handler(async ({ input }) => {
        const { html } = await workbench.report(input)
        return { html, bytes: Buffer.byteLength(html) }
      }),
    },
    engines: {
      prove: os.engines.prove.handler(() => workbench.prove()),
      installation: os.engines.installation.handler(() => installations.state()),
      install: os.engines.install.handler(({ input }) => installations.install(input)),
      cancel: os.engines.cancel.handler(() => installations.cancel()),
      remove: os.engines.remove.handler(async () => ({ bytes: await installations.remove() })),
    },
    events: { watch: os.events.watch.handler(({ input, signal }) => events.watch(input.after, signal)) },
  })
}
