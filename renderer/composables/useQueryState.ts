/** A choice that lives in the address: read from the query, written back without a new entry in the history. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** `fallback` is what the choice is when the address names none, or one that is not among `allowed`. */
export function useQueryState(
  name: string,
  { allowed, fallback }: { allowed(): readonly string[]; fallback(): string },
): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get() {
      const value = route.query[name]
      return typeof value === 'string' && allowed().includes(value) ? value : fallback()
    },
    set(value) {
      void router.replace({ query: { ...route.query, [name]: value } })
    },
  })
}
