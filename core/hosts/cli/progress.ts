/** The progress line of a running study: on a terminal only, redrawn in place, gone at the end. */
import type { Study } from '#core/contract/studies.ts'
import { formatDuration } from '#core/presentation/digits.ts'

export type Progress = { show(study: Study): void; end(): void }

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined }
  return {
    show: ({ step, steps, runs, secondsLeft }) => {
      const share = steps === 0 ? 1 : step / steps
      const bar = '█'.repeat(Math.round(24 * share)).padEnd(24, '░')
      const left = secondsLeft === null ? '' : `, ${formatDuration(1_000 * secondsLeft, 'en')} left`
      const count = Object.values(runs).reduce((sum, n) => sum + n, 0)
      stream.write(`\r\u001b[2K${bar} ${String(Math.floor(100 * share)).padStart(3)} %  ${count} runs, ${runs.running} training${left}`)
    },
    end: () => void stream.write('\r\u001b[2K'),
  }
}
