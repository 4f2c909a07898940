/** A peer: a Python process that trains one problem in one way and answers in JSON lines (peers/measure.py). */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Clock } from '#core/trainer/clock.ts'
import { lastLine, type Command } from './runChild.ts'

const ready = z.strictObject({ version: z.string(), compileSeconds: z.number().nonnegative() })
const trained = z.strictObject({
  steps: z.number().int().positive(),
  losses: z.array(
    z
      .number()
      .nullable()
      .transform((loss) => loss ?? Number.NaN),
  ),
}) // null: not finite
const timed = z.strictObject({
  steps: z.number().int().positive(),
  seconds: z.number().positive(),
  processorSeconds: z.number().nonnegative(), // of all threads
})

export type Peer = {
  readonly version: string
  readonly compileSeconds: number // of the first steps, compilation in them
  readonly startSeconds: number // from the start of the process to the end of the first steps
  /** Goes on until `steps` have been taken; the steps taken then, and the data loss of each run. */
  train(steps: number): Promise<z.infer<typeof trained>>
  /** Takes steps for about so many seconds. */
  time(seconds: number): Promise<z.infer<typeof timed>>
  /** Ends the process and waits for its end. */
  close(): Promise<void>
}

type Start = {
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly answerMs?: number
}

/** Starts a peer and waits for its first steps. Fails: 'engine-unavailable' with the last line that the peer said, as do its functions. */
export async function startPeer([file, ...first]: Command, { args, env, clock, answerMs = 300_000 }: Start): Promise<Peer> {
  const began = clock.nowMs()
  const child = spawn(file, [...first, ...args], { stdio: 'pipe', env, windowsHide: true })
  const conversation = converse(child, { clock, answerMs })
  try {
    const told = parseAnswer(ready, await conversation.answer())
    return {
      ...told,
      startSeconds: (clock.nowMs() - began) / 1_000,
      train: async (steps) => parseAnswer(trained, await conversation.ask({ steps })),
      time: async (seconds) => parseAnswer(timed, await conversation.ask({ seconds })),
      close: conversation.close,
    }
  } catch (error) {
    await conversation.close()
    throw error
  }
}

/** One line of a peer. Fails: 'engine-unavailable' when it is not what was asked for. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, line: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(line))
  } catch {
    throw new Refusal('engine-unavailable', `expected a line of measurements, got ${quote(line, 120)}`)
  }
}

function converse(child: ChildProcessWithoutNullStreams, { clock, answerMs }: { clock: Clock; answerMs: number }) {
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-10_000)))
  child.stdin.on('error', () => undefined) // of a process that ended: told by its end
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (status, signal) => resolve(lastLine(said) || `an end with ${signal ?? `exit status ${status}`}`))
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => {
    let endWait: () => void = () => undefined
    const late = new Promise<'late'>((resolve) => (endWait = clock.after(answerMs, () => resolve('late'))))
    const next = await Promise.race([lines.next(), late])
    endWait()
    if (next === 'late') {
      child.kill('SIGKILL')
      throw new Refusal('engine-unavailable', `expected an answer within ${answerMs / 1_000} s, got none`)
    }
    if (next.done === true) throw new Refusal('engine-unavailable', `expected an answer, got ${quote(await ended, 300)}`)
    return next.value
  }
  return {
    answer,
    ask: (question: { readonly steps: number } | { readonly seconds: number }) => {
      child.stdin.write(`${JSON.stringify(question)}\n`)
      return answer()
    },
    close: async () => {
      child.stdin.end()
      const kill = clock.after(5_000, () => child.kill('SIGKILL'))
      await ended
      kill()
    },
  }
}
