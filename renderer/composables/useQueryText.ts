/** A text that lives in the address, as typed: whoever reads it decides what it means. Written back without a new entry in the history. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** `fallback` is what the text is when the address holds none. */
export function useQueryText(name: string, fallback: () => string): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get() {
      const value = route.query[name]
      return typeof value === 'string' ? value : fallback()
    },
    set(value) {
      void router.replace({ query: { ...route.query, [name]: value } })
    },
  })
}
