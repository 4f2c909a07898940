/** `--set path.to.field=value`: one field of a study from the command line. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { formatPath, parsePath } from './path.ts'
import { withPath } from './withPath.ts'
import { parseYaml } from './yamlText.ts'

/**
 * `value` with one field as `assignment` says. What follows the first "=" is YAML: `1e-3`, `true`, `[0.1, 0.2]`, `{kind: sgd}`, `"1"`, a word;
 * nothing is null, which takes a field back to its default.
 *
 * Fails: 'invalid-input' without a path or "=", for a path that meets something else on its way, for a value that is no YAML.
 */
export function applyOverride(value: unknown, assignment: string): unknown {
  const split = assignment.indexOf('=')
  if (split < 0) throw refusal(`expected path=value, such as training.steps=1000, got ${quote(assignment)}`)
  const path = formatPath(parsePath(assignment.slice(0, split), '--set'))
  const text = assignment.slice(split + 1).trim()
  const level = text === '' ? null : parseYaml(text, `--set ${path}`).value
  try {
    return withPath(value, path, level)
  } catch (error) {
    throw error instanceof Refusal ? refusal(error.message) : error
  }
}

function refusal(sentence: string): Refusal {
  return new Refusal('invalid-input', `--set ${sentence}`)
}
