/**
 * Bounds the memory of a trainer: one that needs more than its share is ended with a sentence, before the system ends another process in its place.
 *
 * What counts is the memory that a process has in the machine's (resident). A system that does not tell it, as other than Linux, leaves trainers unwatched.
 */
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { RefusalRecord } from '#core/contract/errors.ts'
import type { Clock } from './clock.ts'

export type Memory = {
  readonly totalBytes: number // of the machine, or of what it gives this program
  residentBytes(pid: number): number | null // null where it is not known
}

/** The memory of this machine; where the system limits a group of processes (cgroup), that. */
export const machineMemory: Memory = {
  totalBytes: limitedBytes(process.constrainedMemory(), totalmem()),
  residentBytes,
}

/** A limit of 0, or above what there is, is none. Source: Node, process.constrainedMemory. */
export function limitedBytes(limit: number, total: number): number {
  return limit > 0 && limit < total ? limit : total
}

/** Source: proc_pid_status(5), VmRSS. */
function residentBytes(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : 1_024 * Number(kilobytes)
  } catch {
    return null // another system, or a process that has just ended
  }
}

/** What trainers may take of the machine's memory; the rest is the system's, the page's, and that of the files that they read. */
const share = 0.8
const lookEveryMs = 1_000

/** The bound of each of `trainers` processes beside each other, in bytes. */
export function mostBytesOf({ totalBytes }: Memory, trainers: number): number {
  return (share * totalBytes) / Math.max(1, trainers)
}

export type MemoryBound = { readonly memory: Memory; readonly trainers: () => number } // how many share it at the moment

export type MemoryWatch = { end(): void }

/** Looks at a process once a second until it is ended. */
export function watchMemory(
  { memory, trainers }: MemoryBound,
  { pid, clock, onExceeded }: { readonly pid: number; readonly clock: Clock; readonly onExceeded: (refusal: RefusalRecord) => void },
): MemoryWatch {
  let cancel: () => void = () => undefined
  const look = () => {
    const bytes = memory.residentBytes(pid)
    const count = trainers()
    if (bytes !== null && bytes > mostBytesOf(memory, count)) return onExceeded(memoryRefusal(bytes, { memory, trainers: count }))
    cancel = clock.after(lookEveryMs, look)
  }
  cancel = clock.after(lookEveryMs, look)
  return { end: () => cancel() }
}

function memoryRefusal(bytes: number, { memory, trainers }: { readonly memory: Memory; readonly trainers: number }): RefusalRecord {
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`
  const part = trainers > 1 ? `${100 * share} % of this machine's, shared by ${trainers} trainers` : `${100 * share} % of this machine's`
  const way = trainers > 1 ? '; --jobs 1 leaves each of them all of it' : ''
  const message = `trainer: expected at most ${gigabytes(mostBytesOf(memory, trainers))} of memory (${part}), got ${gigabytes(bytes)}${way}`
  return { code: 'trainer-crashed', message }
}
