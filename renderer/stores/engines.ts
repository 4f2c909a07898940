/** The engines of this machine, each with its proof. */
import { defineStore } from 'pinia'
import type { EngineProof } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useRequest } from '../composables/useRequest.ts'

export const useEngines = defineStore('engines', () => {
  const { client } = useHost()
  const { state, answer, problem, ask, forget } = useRequest<void, readonly EngineProof[]>(() => client.engines.prove())

  /** Proves every engine anew; what an older proof said is forgotten first. */
  async function prove(): Promise<void> {
    forget()
    await ask()
  }

  return { state, proofs: answer, problem, prove }
})
