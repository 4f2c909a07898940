/** Calls `renew` now, whenever runs of the study end, and when the workbench is back after a break. */
import { onScopeDispose } from 'vue'
import { useEvents } from '../stores/events.ts'

export function useEndsOf(study: string, renew: () => void): void {
  const events = useEvents()
  renew()
  onScopeDispose(events.listen(({ ended }) => ended.some((end) => end.study === study) && renew()))
  onScopeDispose(events.onReturn(renew))
}
