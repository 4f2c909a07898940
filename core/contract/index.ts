/**
 * What the workbench can do, said once. Every screen, command and page speaks this and nothing else; it is served in the
 * process (command line), over a message port (Electron) and over HTTP on 127.0.0.1 (browser).
 */
import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { comparison, comparisonQuery } from './comparison.ts'
import { engineName, engineProof, installRequest, installation } from './engines.ts'
import { codeNames, codes, refusalRecord, type Code } from './errors.ts'
import { event, watchQuery } from './events.ts'
import { mirrors, mirrorsQuery } from './mirrors.ts'
import { runPage, runQuery } from './runs.ts'
import { series, seriesQuery } from './series.ts'
import { phase, phaseQuery } from './phase.ts'
import { coefficients, plan, prediction, preset, reportRequest, study, studySource } from './studies.ts'
import { structure, structureQuery } from './structure.ts'
import { survival, survivalQuery } from './survival.ts'
import { transition } from './transitions.ts'
import { count, id, real } from './values.ts'

/** Every code of ours as an oRPC error, with its status and the same data. */
const errors = Object.fromEntries(codeNames.map((code) => [code, { status: codes[code].http, data: refusalRecord }])) as Record<
  Code, // fromEntries forgets the keys; they are those of `codes`
  { status: number; data: typeof refusalRecord }
>

const route = oc.errors(errors)
const ofStudy = z.strictObject({ study: id })

export const contract = {
  presets: {
    list: route.output(z.array(preset)),
  },
  studies: {
    plan: route.input(studySource).output(plan),
    start: route.input(studySource.extend({ engine: engineName.optional() })).output(ofStudy),
    resume: route.input(ofStudy).output(ofStudy),
    stop: route.input(ofStudy).output(ofStudy),
    list: route.output(z.array(study)),
    get: route.input(ofStudy).output(study),
    text: route.input(ofStudy).output(z.strictObject({ text: z.string() })), // the resolved study, as YAML
    coefficients: route.input(ofStudy).output(z.array(coefficients)),
    predictions: route.input(ofStudy).output(z.array(prediction)),
    transitions: route.input(ofStudy).output(z.array(transition)), // none for a study that is no bisection
  },
  runs: {
    list: route.input(runQuery).output(runPage),
  },
  series: {
    read: route.input(seriesQuery).output(series),
  },
  structures: {
    get: route.input(structureQuery).output(structure),
  },
  mirrors: {
    get: route.input(mirrorsQuery).output(mirrors),
  },
  comparisons: {
    make: route.input(comparisonQuery).output(comparison),
    phase: route.input(phaseQuery).output(phase),
    survival: route.input(survivalQuery).output(survival),
  },
  reports: {
    make: route.input(reportRequest).output(z.strictObject({ html: z.string(), bytes: count })),
  },
  engines: {
    prove: route.output(z.array(engineProof)),
    installation: route.output(installation),
    install: route.input(installRequest).output(installation), // as it begins: how it goes and ends is told by events
    cancel: route.output(installation),
    remove: route.output(z.strictObject({ bytes: real })), // that came free
  },
  events: {
    watch: route.input(watchQuery).output(eventIterator(event)),
  },
}
export type Contract = typeof contract

export type * from './comparison.ts'
export type * from './engines.ts'
export type * from './events.ts'
export type * from './mirrors.ts'
export type * from './phase.ts'
export type * from './runs.ts'
export type * from './series.ts'
export type * from './structure.ts'
export type * from './studies.ts'
export type * from './transitions.ts'
export type * from './survival.ts'
export type * from './values.ts'
