/** The sentences of commander, in our form: `<option or argument>: expected <rule>, got <value>`. */
import type { CommanderError } from 'commander'
import { Refusal, quote } from '#core/contract/errors.ts'
import { nearest } from '#core/study/text/nearest.ts'

/** What commander refuses as a refusal; null for what is none, as `--help`. */
export function refusalOf({ code, message, exitCode }: CommanderError, commands: readonly string[]): Refusal | null {
  if (exitCode === 0) return null
  const [text = '', hint] = message.replace(/^error: /, '').split('\n')
  return new Refusal('invalid-input', sentenceOf({ code, text, hint: hint?.match(/Did you mean (.+)\?/)?.[1] }, commands))
}

function sentenceOf({ code, text, hint }: { code: string; text: string; hint: string | undefined }, commands: readonly string[]): string {
  const [first = ''] = quotedIn(text)
  const meant = (word: string | undefined) => (word === undefined ? '' : `; did you mean ${word}?`)
  switch (code) {
    case 'commander.unknownCommand':
      return `COMMAND: expected one of ${commands.join(', ')}, got ${quote(first)}${meant(nearest(first, commands))}`
    case 'commander.unknownOption':
      return `${first}: unknown option${meant(hint)}`
    case 'commander.missingArgument':
      return `${first.toUpperCase()}: expected a value, got nothing`
    case 'commander.optionMissingArgument':
    case 'commander.missingMandatoryOptionValue':
      return `${nameOf(first)}: expected a value, got nothing`
    case 'commander.excessArguments':
      return tooMany(text)
    case 'commander.invalidArgument':
      return invalidArgument(text, first)
    case 'commander.help':
      return `COMMAND: expected one of ${commands.join(', ')}, got nothing`
    default:
      return text
  }
}

/** `too many arguments for 'runs'. Expected 1 argument but got 2.` */
function tooMany(text: string): string {
  const [, command, most, got] = text.match(/^too many arguments(?: for '(.*)')?\. Expected (\d+) arguments? but got (\d+)/) ?? []
  return most === undefined ? text : `${command ?? 'kagami'}: expected ${most} ${most === '1' ? 'argument' : 'arguments'}, got ${got}`
}

/** `option '--jobs <n>' argument '0' is invalid. RULE`, where the rule is our own sentence or commander's list of choices. */
function invalidArgument(text: string, option: string): string {
  const [, got = ''] = quotedIn(text)
  const choices = text.match(/Allowed choices are (.+)\.$/)?.[1]
  const rule = text.match(/is invalid\. (.+)$/)?.[1] ?? text
  if (choices === undefined) return `${nameOf(option)}: ${rule}`
  const hint = nearest(got, choices.split(', '))
  return `${nameOf(option)}: expected one of ${choices}, got ${quote(got)}${hint === undefined ? '' : `; did you mean ${hint}?`}`
}

function nameOf(flags: string): string {
  return flags.split(/[ ,]/)[0] ?? flags
}

function quotedIn(text: string): string[] {
  return [...text.matchAll(/'([^']*)'/g)].map(([, inside = '']) => inside)
}
