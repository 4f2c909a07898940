/** The engines of this machine: each with its proof, and how TensorFlow's installation stands. */
import { defineStore } from 'pinia'
import { computed, shallowReadonly, shallowRef } from 'vue'
import type { EngineProof, InstallProgress, InstallRequest, Installation } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useTiming, type Timing } from '../client/timing.ts'
import { useRequest } from '../composables/useRequest.ts'
import { useEvents } from './events.ts'

/** What was heard of an installation since it was last read, and from its pace how long its stage still takes. */
function createProgress(timing: Timing) {
  const heard = shallowRef<InstallProgress | null>(null)
  const secondsLeft = shallowRef<number | null>(null) // of a stage that moves bytes, once a second of it was heard
  let began = { stage: '', atMs: 0, done: 0 }

  function hear(progress: InstallProgress): void {
    const now = timing.now()
    if (began.stage !== progress.stage) began = { stage: progress.stage, atMs: now, done: progress.done }
    heard.value = progress
    const [moved, elapsed] = [progress.done - began.done, now - began.atMs]
    secondsLeft.value = moved > 0 && elapsed >= 1_000 ? (elapsed * (progress.total - progress.done)) / moved / 1_000 : null
  }

  function forget(): void {
    began = { stage: '', atMs: 0, done: 0 }
    heard.value = null
    secondsLeft.value = null
  }

  return { heard, secondsLeft, hear, forget }
}

export const useEngines = defineStore('engines', () => {
  const { client } = useHost()
  const events = useEvents()
  const { state, answer, problem, ask, forget } = useRequest<void, readonly EngineProof[]>(() => client.engines.prove())
  const standing = useRequest<void, Installation>(() => client.engines.installation())
  const { heard, secondsLeft, hear, forget: forgetProgress } = createProgress(useTiming())

  /** What is going on; null where nothing is. */
  const underWay = computed(() => {
    const known = standing.answer.value?.underWay ?? null
    return known === null ? null : { ...known, progress: (known.by === 'this-workbench' ? heard.value : null) ?? known.progress }
  })

  /** Reads how the installation stands. */
  async function load(): Promise<void> {
    await standing.ask()
    if (standing.answer.value?.underWay == null) forgetProgress()
  }

  events.listen(({ engine }) => {
    if (engine === null) return
    if (engine.progress !== null) hear(engine.progress)
    if (engine.isChanged) void load()
  })
  events.onReturn(() => void load())

  /** Proves every engine anew; what an older proof said is forgotten first. */
  async function prove(): Promise<void> {
    forget()
    await ask()
  }

  return {
    ...{ state, proofs: answer, problem, prove },
    ...{ standing: standing.state, installation: standing.answer, standingProblem: standing.problem, load },
    ...{ underWay, secondsLeft: shallowReadonly(secondsLeft) },
    /** Each rejects with what the workbench said; where the action stands it is shown. */
    install: async (request: InstallRequest): Promise<void> => {
      await client.engines.install(request)
      await load()
    },
    cancel: async (): Promise<void> => {
      await client.engines.cancel()
      await load()
    },
    /** The bytes that came free. */
    remove: async (): Promise<number> => {
      const { bytes } = await client.engines.remove()
      await load()
      return bytes
    },
  }
})
