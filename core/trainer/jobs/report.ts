/** The job that turns a report's frozen model into its two forms in the job's folder: `report.html` and `report.md`. */
import { Refusal } from '#core/contract/errors.ts'
import { reportHtml } from '#core/report/html.ts'
import { reportMarkdown } from '#core/report/markdown.ts'
import { reportModel } from '#core/report/model.ts'
import { writeFileDurably } from '../checkpointFile.ts'
import type { JobContext } from '../childJob.ts'
import type { ReportJob, Result } from '../protocol.ts'

/** Fails: 'invalid-input' with every field of the model that breaks its rule; 'store-failed' where the file can't be written. */
export async function runReport(
  { model }: ReportJob,
  context: Pick<JobContext, 'folder' | 'artifact'>,
): Promise<Extract<Result, { kind: 'report' }>> {
  const checked = reportModel.safeParse(model)
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `report.${path.map(String).join('.')}: ${message}`)
    throw new Refusal('invalid-input', problems[0] ?? 'report: expected a model of a report', problems)
  }
  const forms = { 'report.html': await reportHtml(checked.data), 'report.md': reportMarkdown(checked.data) }
  for (const [name, text] of Object.entries(forms)) {
    context.artifact({ what: 'report', step: 0, ...(await writeFileDurably(context.folder, name, new TextEncoder().encode(text))) })
  }
  return { kind: 'report' }
}
