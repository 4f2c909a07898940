/** The kinds of jobs and what does them. Each row imports its module when called: a comparison never loads an engine. */
import type { JobTable } from '../child.ts'

export const jobs: JobTable = {
  train: async (spec, context) => (await import('./train.ts')).runTrain(spec, context),
  prove: async (spec) => (await import('./prove.ts')).runProve(spec),
  report: async (spec, context) => (await import('./report.ts')).runReport(spec, context),
  compare: async (spec) => (await import('./compare.ts')).runCompare(spec),
  phase: async (spec, context) => (await import('./phase.ts')).runPhase(spec, context),
  structure: async (spec, context) => (await import('./structure.ts')).runStructure(spec, context),
  mirrors: async (spec, context) => (await import('./mirrors.ts')).runMirrors(spec, context),
}
