/** Series: the values of one metric over steps, for all runs of a study at once, as arrays and never as rows. */
import { z } from 'zod'
import { count, float64Array, id } from './values.ts'

export const seriesQuery = z.strictObject({
  study: id,
  metric: z.string(),
  buckets: z.number().int().min(1).max(100_000).default(1_000), // at most so many buckets; each keeps its smallest and largest value
})
export type SeriesQuery = z.input<typeof seriesQuery>

/** One stack's part: `values` is lane-major, [runs.length × steps.length]; NaN where a run had diverged. */
export const seriesBlock = z.strictObject({ runs: z.array(id), steps: float64Array, values: float64Array })
export type SeriesBlock = z.infer<typeof seriesBlock>

/** `shown` of `total` recorded steps are in the blocks: never a silent sampling. */
export const series = z.strictObject({ study: id, metric: z.string(), shown: count, total: count, blocks: z.array(seriesBlock) })
export type Series = z.infer<typeof series>
