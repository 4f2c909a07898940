/** The studies that ship with the program. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { Preset } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { useRequest } from '../composables/useRequest.ts'

export const usePresets = defineStore('presets', () => {
  const { client } = useHost()
  const { state, answer, problem, ask } = useRequest<void, readonly Preset[]>(() => client.presets.list())
  const all = computed(() => answer.value ?? [])

  const load = (): Promise<void> => ask()

  return { state, all, problem, load }
})
