/**
 * A workbench in memory, for the unit tests of the stores only: the real contract, checked on both sides, with answers that a test
 * sets. Events keep their order and cursor; streams can be broken, and calls made to fail, as a real connection would.
 */
import { createRouterClient, implement, type RouterClient } from '@orpc/server'
import {
  contract,
  type Comparison,
  type EngineProof,
  type Event,
  type Installation,
  type Phase,
  type Prediction,
  type Preset,
  type Run,
  type RunQuery,
  type Series,
  type Study,
} from '#core/contract/index.ts'
import type { Coefficients, Plan } from '#core/contract/index.ts'
import { Refusal } from '#core/contract/errors.ts'
import { callerOptions } from '#core/contract/wire.ts'
import type { Client } from '../client/client.ts'
import { anInstallation } from './fixtures.ts'

export type StandInData = {
  presets: Preset[]
  studies: Study[]
  runs: Run[]
  predictions: Prediction[]
  coefficients: Coefficients[]
  proofs: EngineProof[]
  installation: Installation
  plan: Plan | null
  series(metric: string): Series
  compare: (factor: string, metric: string) => Comparison
  phase: (x: string, y: string) => Phase
}

type Reader = { wake(): void; isBroken: boolean }
type Unnumbered<T> = T extends unknown ? Omit<T, 'cursor'> : never

export type StandIn = {
  readonly client: Client
  readonly router: ReturnType<typeof makeRouter>
  readonly data: StandInData
  readonly calls: string[] // the route of every call, with what was asked of a stream
  publish(event: Unnumbered<Event>): void
  /** Ends every open stream with an error, as a lost connection does. */
  breakStreams(): void
  /** Every later call of `route` is refused, until null is given. */
  refuse(route: string, refusal: Refusal | null): void
}

export function createStandIn(given: Partial<StandInData> = {}): StandIn {
  const state: State = { data: { ...nothing(), ...given }, events: [], readers: new Set(), calls: [], refusals: new Map() }
  const router = makeRouter(state)
  const inProcess: RouterClient<typeof router> = createRouterClient(
    router,
    callerOptions(() => undefined),
  )
  return {
    client: inProcess,
    router,
    data: state.data,
    calls: state.calls,
    publish(event) {
      state.events.push({ ...event, cursor: state.events.length + 1 })
      for (const reader of state.readers) reader.wake()
    },
    breakStreams() {
      for (const reader of state.readers) {
        reader.isBroken = true
        reader.wake()
      }
    },
    refuse(route, refusal) {
      if (refusal === null) state.refusals.delete(route)
      else state.refusals.set(route, refusal)
    },
  }
}

type State = {
  readonly data: StandInData
  readonly events: Event[]
  readonly readers: Set<Reader>
  readonly calls: string[]
  readonly refusals: Map<string, Refusal>
}

function nothing(): StandInData {
  const unset = (what: string) => (): never => {
    throw new Refusal('not-found', `${what}: expected one that the test gave, got none`)
  }
  return {
    presets: [],
    studies: [],
    runs: [],
    predictions: [],
    coefficients: [],
    proofs: [],
    installation: anInstallation(),
    plan: null,
    series: unset('series'),
    compare: unset('comparison'),
    phase: unset('phase'),
  }
}

function makeRouter(state: State) {
  const { data } = state
  const os = implement(contract)
  const study = (id: string): Study => data.studies.find((known) => known.id === id) ?? missing(id)
  const enter = (route: string, asked = ''): void => {
    state.calls.push(asked === '' ? route : `${route} ${asked}`)
    const refusal = state.refusals.get(route)
    if (refusal !== undefined) throw refusal
  }
  return os.router({
    presets: { list: os.presets.list.handler(() => (enter('presets.list'), data.presets)) },
    studies: {
      plan: os.studies.plan.handler(() => (enter('studies.plan'), data.plan ?? missing('plan'))),
      start: os.studies.start.handler(
        ({ input }) => (
          enter('studies.start'),
          { study: data.studies.find(({ name }) => name === input.preset)?.id ?? missing(input.preset ?? 'text') }
        ),
      ),
      resume: os.studies.resume.handler(({ input }) => (enter('studies.resume', input.study), { study: study(input.study).id })),
      stop: os.studies.stop.handler(({ input }) => (enter('studies.stop', input.study), { study: study(input.study).id })),
      list: os.studies.list.handler(() => (enter('studies.list'), data.studies)),
      get: os.studies.get.handler(({ input }) => (enter('studies.get', input.study), study(input.study))),
      text: os.studies.text.handler(({ input }) => (enter('studies.text', input.study), { text: `name: ${study(input.study).name}\n` })),
      coefficients: os.studies.coefficients.handler(({ input }) => (enter('studies.coefficients', input.study), data.coefficients)),
      predictions: os.studies.predictions.handler(({ input }) => (enter('studies.predictions', input.study), data.predictions)),
      transitions: os.studies.transitions.handler(() => []),
    },
    runs: {
      list: os.runs.list.handler(({ input }) => {
        enter('runs.list', `${input.offset}+${input.limit}`)
        return page(data.runs, input)
      }),
    },
    series: { read: os.series.read.handler(({ input }) => (enter('series.read', input.metric), data.series(input.metric))) },
    structures: { get: os.structures.get.handler(({ input }) => missing(input.run)) },
    mirrors: { get: os.mirrors.get.handler(({ input }) => missing(input.run)) },
    comparisons: {
      make: os.comparisons.make.handler(({ input }) => (enter('comparisons.make', input.metric), data.compare(input.factor, input.metric))),
      phase: os.comparisons.phase.handler(({ input }) => (enter('comparisons.phase', input.metric), data.phase(input.x, input.y))),
      survival: os.comparisons.survival.handler(({ input }) => (enter('comparisons.survival', input.metric), missing(input.metric))),
    },
    reports: { make: os.reports.make.handler(({ input }) => (enter('reports.make', input.study), { html: '<!doctype html>', bytes: 15 })) },
    engines: {
      prove: os.engines.prove.handler(() => (enter('engines.prove'), data.proofs)),
      installation: os.engines.installation.handler(() => (enter('engines.installation'), data.installation)),
      install: os.engines.install.handler(({ input }) => (enter('engines.install', JSON.stringify(input)), data.installation)),
      cancel: os.engines.cancel.handler(() => (enter('engines.cancel'), data.installation)),
      remove: os.engines.remove.handler(() => (enter('engines.remove'), { bytes: data.installation.installed?.bytes ?? 0 })),
    },
    events: {
      watch: os.events.watch.handler(async function* ({ input, signal }) {
        enter('events.watch', String(input.after ?? ''))
        yield* follow(state, input.after ?? 0, signal)
      }),
    },
  })
}

async function* follow({ events, readers }: State, after: number, signal: AbortSignal | undefined): AsyncGenerator<Event> {
  let wake: () => void = () => undefined
  const reader: Reader = { wake: () => wake(), isBroken: false }
  readers.add(reader)
  signal?.addEventListener('abort', () => wake())
  try {
    let next = after
    while (signal?.aborted !== true) {
      const event = events[next]
      if (event !== undefined) {
        next += 1
        yield event
      } else if (reader.isBroken) throw new Refusal('trainer-silent', 'events: expected a connection, got a broken one')
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    readers.delete(reader)
  }
}

function page(runs: readonly Run[], query: RunQuery): { total: number; offset: number; runs: Run[] } {
  const { offset = 0, limit = 1_000, states, sort = '' } = query
  const chosen = runs.filter(
    ({ study, state }) => (query.study === undefined || study === query.study) && (states?.includes(state) ?? true),
  )
  const column = sort.replace(/^-/, '')
  if (column !== '') chosen.sort((a, b) => (sort.startsWith('-') ? -1 : 1) * (keyOf(a, column) - keyOf(b, column)))
  return { total: chosen.length, offset, runs: chosen.slice(offset, offset + limit) }
}

function keyOf(run: Run, column: string): number {
  if (column === 'replicate') return run.replicate
  const level = run.levels.find(({ factor }) => factor === column)?.value
  return typeof level === 'number' ? level : (run.values[column] ?? 0)
}

function missing(what: string): never {
  throw new Refusal('not-found', `study: expected one of this project, got "${what}"`)
}
