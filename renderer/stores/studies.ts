/** The studies of the open project: their summaries, and the verbs that act on a study. */
import { defineStore } from 'pinia'
import { computed, markRaw, shallowReadonly, shallowRef } from 'vue'
import type { Coefficients, Plan, Prediction, Study, StudySource, Transition } from '#core/contract/index.ts'
import { useHost, type Client } from '../client/client.ts'
import { toProblem, type Problem } from '../client/problem.ts'
import { useTiming } from '../client/timing.ts'
import { useRequest } from '../composables/useRequest.ts'
import { createThrottle } from './throttle.ts'
import { useEvents, type End } from './events.ts'

const refreshMs = 200 // a summary is read again at most five times a second

export const useStudies = defineStore('studies', () => {
  const { client } = useHost()
  const events = useEvents()
  const known = shallowRef<ReadonlyMap<string, Study>>(new Map())
  const ends = shallowRef<readonly End[]>([]) // of the last frame in which runs ended, for the live region
  const problems = shallowRef<ReadonlyMap<string, Problem>>(new Map()) // study → why it could not be read
  const { state, problem, ask } = useRequest<void, readonly Study[]>(readAll)
  const all = computed(() => [...known.value.values()].sort((a, b) => b.createdMs - a.createdMs))
  const throttle = createThrottle(useTiming(), refreshMs, read)

  async function readAll(): Promise<readonly Study[]> {
    const studies = await client.studies.list()
    known.value = new Map(studies.map((study) => [study.id, markRaw(study)]))
    return studies
  }

  async function read(id: string): Promise<void> {
    try {
      const study = await client.studies.get({ study: id })
      known.value = new Map(known.value).set(id, markRaw(study))
      if (problems.value.has(id)) problems.value = without(problems.value, id)
    } catch (error) {
      problems.value = new Map(problems.value).set(id, toProblem(error))
    }
  }

  events.listen((batch) => {
    for (const id of batch.changed) void throttle.ask(id)
    if (batch.ended.length > 0) ends.value = batch.ended
  })
  events.onReturn(() => {
    void ask()
    for (const id of known.value.keys()) void throttle.ask(id)
  })

  const load = (): Promise<void> => ask()
  const refresh = (id: string): Promise<void> => throttle.ask(id)

  return {
    state,
    problem,
    all,
    known: shallowReadonly(known),
    problems: shallowReadonly(problems),
    ends: shallowReadonly(ends),
    load,
    refresh,
    ...verbs(client, refresh),
  }
})

/** What can be done with a study. Each rejects with what the workbench said; where the action stands it is shown. */
function verbs(client: Client, refresh: (id: string) => Promise<void>) {
  return {
    plan: (source: StudySource): Promise<Plan> => client.studies.plan(source),
    /** Starts a study and gives its id; a study of the same text is the same study. */
    async start(source: StudySource): Promise<string> {
      const { study } = await client.studies.start(source)
      await refresh(study)
      return study
    },
    async stop(id: string): Promise<void> {
      await client.studies.stop({ study: id })
      await refresh(id)
    },
    async resume(id: string): Promise<void> {
      await client.studies.resume({ study: id })
      await refresh(id)
    },
    text: async (id: string): Promise<string> => (await client.studies.text({ study: id })).text,
    coefficients: async (id: string): Promise<readonly Coefficients[]> => markRaw(await client.studies.coefficients({ study: id })),
    predictions: async (id: string): Promise<readonly Prediction[]> => markRaw(await client.studies.predictions({ study: id })),
    transitions: async (id: string): Promise<readonly Transition[]> => markRaw(await client.studies.transitions({ study: id })),
  }
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const copy = new Map(map)
  copy.delete(key)
  return copy
}
