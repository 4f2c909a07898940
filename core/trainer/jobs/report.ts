/** The job that turns a report's frozen model into one HTML file in the job's folder. */
import { Refusal } from '#core/contract/errors.ts'
import { reportHtml } from '#core/report/html.ts'
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
  const bytes = new TextEncoder().encode(await reportHtml(checked.data))
  context.artifact({ what: 'report', step: 0, ...(await writeFileDurably(context.folder, 'report.html', bytes)) })
  return { kind: 'report' }
}
