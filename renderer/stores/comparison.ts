/** The comparison on the screen: the levels of one factor, held against one baseline. */
import { defineStore } from 'pinia'
import { markRaw } from 'vue'
import type { Comparison, ComparisonQuery } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useRequest } from '../composables/useRequest.ts'

export const useComparison = defineStore('comparison', () => {
  const { client } = useHost()
  const { state, answer, problem, ask, forget } = useRequest<ComparisonQuery, Comparison>(async (query) =>
    markRaw(await client.comparisons.make(query)),
  )

  return { state, answer, problem, make: ask, forget }
})
