/** The Python that makes the peers' own: the one on PATH, or the one that KAGAMI_PYTHON names. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { lastLine, runChild, type Command } from './runChild.ts'

const oldest = [3, 11] as const
const probe = [
  'import sys',
  'print(sys.version.split()[0])',
  'try:',
  '    import ensurepip, venv',
  'except ImportError:',
  '    sys.exit(3)',
].join('\n')

/** Where Python is looked for, in this order. */
export function pythonCommands(env: Readonly<Record<string, string | undefined>>, platform: string): readonly Command[] {
  const named = env['KAGAMI_PYTHON']
  if (named !== undefined && named !== '') return [[named]]
  return platform === 'win32' ? [['py', '-3'], ['python']] : [['python3'], ['python']]
}

/** The first of the commands that is a Python of which an environment can be made. Fails: 'engine-unavailable' in one sentence. */
export async function findPython(commands: readonly Command[]): Promise<Command> {
  const rejected: string[] = []
  for (const command of commands) {
    const ended = await runChild(command, ['-E', '-s', '-c', probe])
    const version = ended === null ? null : /^(\d+)\.(\d+)\.\S+$/m.exec(ended.stdout)
    if (ended === null || version === null) continue // the store's python3.exe on Windows only says where to get one
    const [text, major, minor] = version
    const isOld = Number(major) !== oldest[0] || Number(minor) < oldest[1]
    if (!isOld && ended.status === 0) return command
    rejected.push(isOld ? text : `${text} without venv and ensurepip (Debian: apt-get install python3-venv)`)
  }
  const names = commands.map((command) => quote(command.join(' '))).join(' or ')
  throw new Refusal(
    'engine-unavailable',
    `Python: expected ${oldest.join('.')} or newer as ${names} (KAGAMI_PYTHON names another), got ${rejected[0] ?? 'none'}`,
  )
}

/** The version of a Python; null when it does not run. */
export async function versionOf(python: Command): Promise<string | null> {
  const ended = await runChild(python, ['-E', '-s', '-c', 'import sys; print(sys.version.split()[0])'])
  return ended?.status === 0 ? lastLine(ended.stdout) : null
}
