/** A program run to its end, with what it said. */
import { spawn } from 'node:child_process'

/** A program and the arguments that always stand first. */
export type Command = readonly [file: string, ...args: string[]]

export type Ended = {
  readonly status: number | null // null: a signal ended it
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command without input. Null when there is no such program; `signal` ends it with SIGTERM. */
export function runChild(
  [file, ...first]: Command,
  args: readonly string[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<Ended | null> {
  return new Promise((resolve) => {
    const child = spawn(file, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    const stop = () => child.kill()
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop)
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    const end = (ended: Ended | null) => {
      signal?.removeEventListener('abort', stop)
      resolve(ended)
    }
    child.on('error', () => end(null))
    child.on('close', (status) => end({ status, ...said }))
  })
}

/** The last line that says something. */
export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? ''
}
