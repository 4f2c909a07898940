/** The times on the screen: how long the runs of each level of one factor take until a metric reaches a value. */
import { defineStore } from 'pinia'
import { markRaw } from 'vue'
import type { Survival, SurvivalQuery } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useRequest } from '../composables/useRequest.ts'

export const useSurvival = defineStore('survival', () => {
  const { client } = useHost()
  const { state, answer, problem, ask, forget } = useRequest<SurvivalQuery, Survival>(async (query) =>
    markRaw(await client.comparisons.survival(query)),
  )

  return { state, answer, problem, make: ask, forget }
})
