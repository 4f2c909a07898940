/** The JSON Schema of a study file, for editors. Checked in as resources/study.schema.json; a test fails when the two differ. */
import { z } from 'zod'
import { studySchema } from './schema.ts'

export function studyJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(studySchema, { io: 'input' }) // fields with defaults are optional in a file
  return { ...schema, title: 'Kagami study' }
}
