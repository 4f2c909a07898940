/** Runs of one study in one order, held in pages: a table of 100,000 rows asks only for what it shows. */
import { defineStore } from 'pinia'
import { markRaw, shallowReadonly, shallowRef } from 'vue'
import type { Problem } from '../client/problem.ts'
import type { Run, RunPage, RunQuery } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { toProblem } from '../client/problem.ts'
import { useTiming } from '../client/timing.ts'
import { createThrottle } from './throttle.ts'
import { useEvents } from './events.ts'

export const pageRows = 200
const refreshMs = 500
const keptPages = 20

export const useRuns = defineStore('runs', () => {
  const { client } = useHost()
  const events = useEvents()
  const query = shallowRef<RunQuery | null>(null)
  const total = shallowRef<number | null>(null) // null until the first page came
  const pages = shallowRef<ReadonlyMap<number, readonly Run[]>>(new Map())
  const problem = shallowRef<Problem | null>(null)
  const throttle = createThrottle(useTiming(), refreshMs, readPage)
  let shown: readonly number[] = [0]

  const readRange = (asked: RunQuery, page: number): Promise<RunPage> =>
    client.runs.list({ ...asked, offset: page * pageRows, limit: pageRows })

  async function readPage(key: string): Promise<void> {
    const asked = query.value
    if (asked === null) return
    const page = Number(key)
    try {
      const answer = await readRange(asked, page)
      if (query.value !== asked) return
      total.value = answer.total
      problem.value = null
      pages.value = kept(new Map(pages.value).set(page, markRaw(answer.runs)))
    } catch (error) {
      if (query.value === asked) problem.value = toProblem(error)
    }
  }

  function kept(map: ReadonlyMap<number, readonly Run[]>): ReadonlyMap<number, readonly Run[]> {
    if (map.size <= keptPages) return map
    return new Map([...map].filter(([page]) => shown.includes(page)))
  }

  /** Shows another study or order: the old rows stay until the new first page is there. */
  async function choose(next: RunQuery): Promise<void> {
    const isOtherStudy = next.study !== query.value?.study
    query.value = next
    if (isOtherStudy) {
      total.value = null
      pages.value = new Map()
    }
    await Promise.all(shown.map((page) => throttle.ask(String(page))))
    if (query.value === next) pages.value = new Map([...pages.value].filter(([page]) => shown.includes(page)))
  }

  /** Says which rows are on the screen, so that their pages are there. */
  function show(first: number, last: number): void {
    const from = Math.max(0, Math.floor(first / pageRows))
    shown = Array.from({ length: Math.max(1, Math.floor(last / pageRows) - from + 1) }, (_, i) => from + i)
    for (const page of shown) if (!pages.value.has(page)) void throttle.ask(String(page))
  }

  const row = (index: number): Run | null => pages.value.get(Math.floor(index / pageRows))?.[index % pageRows] ?? null

  events.listen(({ changed }) => {
    const study = query.value?.study
    if (study !== undefined && changed.has(study)) for (const page of shown) void throttle.ask(String(page))
  })
  events.onReturn(() => {
    for (const page of shown) void throttle.ask(String(page))
  })

  return { query: shallowReadonly(query), total: shallowReadonly(total), pages: shallowReadonly(pages), problem: shallowReadonly(problem), choose, show, row }
})
