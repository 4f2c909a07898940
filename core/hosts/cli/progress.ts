/** The progress line of a running study: on a terminal only, redrawn in place, gone at the end. */
import { Refusal } from '#core/contract/errors.ts'
import type { Study } from '#core/contract/studies.ts'
import { formatDuration } from '#core/presentation/digits.ts'

/** `show` asks for the study only where a line is drawn. */
export type Progress = { show(read: () => Study): void; end(): void }

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY || process.env['TERM'] === 'dumb') return { show: () => undefined, end: () => undefined }
  return {
    show: (read) => {
      const study = readOrNull(read)
      if (study === null) return
      const { step, steps, runs, secondsLeft } = study
      const share = steps === 0 ? 1 : step / steps
      const bar = '█'.repeat(Math.round(24 * share)).padEnd(24, '░')
      const left = secondsLeft === null ? '' : `, ${secondsLeft < 1 ? 'under 1 s' : formatDuration(1_000 * secondsLeft, 'en')} left`
      const count = Object.values(runs).reduce((sum, n) => sum + n, 0)
      const line = `${bar} ${String(Math.floor(100 * share)).padStart(3)} %  ${count} runs, ${runs.running} training${left}`
      stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`) // a line that wraps cannot be redrawn
    },
    end: () => void stream.write('\r\u001b[2K'),
  }
}

/** A store that cannot be read ends the study with a sentence of its own; the line just stays as it is. */
function readOrNull(read: () => Study): Study | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}
