/** The runs of a study by id, for their levels and ends; read again when runs end. */
import { markRaw, shallowReadonly, shallowRef, type ShallowRef } from 'vue'
import type { Run } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import type { Problem } from '../client/problem.ts'
import { useEndsOf } from './useEndsOf.ts'
import { useRequest } from './useRequest.ts'

/** As many curves as a chart can tell apart, and then some; beyond it the page says how many it shows. */
export const mostRuns = 2_000

export type AllRuns = {
  readonly runs: Readonly<ShallowRef<ReadonlyMap<string, Run>>>
  readonly total: Readonly<ShallowRef<number>>
  readonly problem: Readonly<ShallowRef<Problem | null>>
}

export function useAllRuns(study: string): AllRuns {
  const { client } = useHost()
  const runs = shallowRef<ReadonlyMap<string, Run>>(new Map())
  const total = shallowRef(0)
  const { ask, problem } = useRequest<string, void>(async (id) => {
    const page = await client.runs.list({ study: id, limit: mostRuns })
    runs.value = markRaw(new Map(page.runs.map((run) => [run.id, run])))
    total.value = page.total
  })

  useEndsOf(study, () => void ask(study))

  return { runs: shallowReadonly(runs), total: shallowReadonly(total), problem }
}
