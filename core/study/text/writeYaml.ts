/** A value as YAML text, as people read a study. Reading it is in `yamlText.ts`. */
import { stringify } from 'yaml'
import type { Json } from '#core/contract/values.ts'

export function writeYaml(value: Json): string {
  return stringify(value)
}
