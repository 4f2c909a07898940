/** The tasks of a run, one after another: the study as it is from each of their steps on. */
import { Refusal } from '#core/contract/errors.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { dataOf } from './kinds.ts'
import { studySchema, type StudyFile } from './schema.ts'
import { explainProblems } from './text/problems.ts'
import { withPath } from './text/withPath.ts'

/**
 * @returns  the first at step 0; each with the changes of all tasks up to it, and no tasks of its own
 * Fails: 'invalid-input' for steps that do not grow, a step beyond the last, a change that the data cannot have, or other files, parts or kind of targets.
 */
export function taskStudies(study: StudyFile): readonly { readonly step: number; readonly study: StudyFile }[] {
  const tasks: { step: number; study: StudyFile }[] = [{ step: 0, study: { ...study, tasks: [] } }]
  for (const [i, { step, set }] of study.tasks.entries()) {
    const before = tasks[i] ?? { step: 0, study }
    if (step <= before.step)
      throw new Refusal('invalid-input', `tasks[${i}].step: expected more than ${before.step}, the task before, got ${step}`)
    if (step >= study.training.steps)
      throw new Refusal(
        'invalid-input',
        `tasks[${i}].step: expected less than the ${study.training.steps} steps of the training, got ${step}`,
      )
    const changed = Object.entries(set).reduce<unknown>((so, [path, value]) => withPath(so, path, value), before.study)
    const parsed = studySchema.safeParse(changed)
    if (!parsed.success)
      throw new Refusal('invalid-input', explainProblems(parsed.error, { name: `tasks[${i}].set`, schema: studySchema }, changed)[0] ?? '')
    if (canonicalJson(lasting(parsed.data)) !== canonicalJson(lasting(study)))
      throw new Refusal('invalid-input', `tasks[${i}].set: expected data of the same kind, files, parts and targets as before, got others`)
    tasks.push({ step, study: parsed.data })
  }
  return tasks
}

/** What a task leaves as it is; the sizes are compared where the data is made. */
function lasting(study: StudyFile) {
  const { kind, settings } = dataOf(study)
  return { kind: kind.kind, files: [...kind.files(settings)], isShared: kind.isShared(settings), traits: { ...kind.traits(settings) } }
}
