/** The phase diagram on the screen: a metric over two factors. */
import { defineStore } from 'pinia'
import { markRaw } from 'vue'
import type { Phase, PhaseQuery } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useRequest } from '../composables/useRequest.ts'

export const usePhase = defineStore('phase', () => {
  const { client } = useHost()
  const { state, answer, problem, ask, forget } = useRequest<PhaseQuery, Phase>(async (query) =>
    markRaw(await client.comparisons.phase(query)),
  )

  return { state, answer, problem, make: ask, forget }
})
