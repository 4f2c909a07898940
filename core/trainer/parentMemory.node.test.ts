import { expect, test } from 'vitest'
import type { RefusalRecord } from '#core/contract/errors.ts'
import { fakeClock } from '#core/testing/trainers/fakeClock.ts'
import { limitedBytes, machineMemory, watchMemory, type Memory } from './parentMemory.ts'

const gigabyte = 1e9

/** A machine of 10 GB whose one process takes what the test says. */
function watched({ trainers = 1 } = {}) {
  const clock = fakeClock()
  const refusals: RefusalRecord[] = []
  let bytes: number | null = gigabyte
  let looks = 0
  const memory: Memory = { totalBytes: 10 * gigabyte, residentBytes: () => ((looks += 1), bytes) }
  const watch = watchMemory({ memory, trainers: () => trainers }, { pid: 1, clock, onExceeded: (refusal) => void refusals.push(refusal) })
  return { clock, refusals, watch, take: (more: number | null) => void (bytes = more), looks: () => looks }
}

test('a trainer within its bound is looked at once a second and left alone', () => {
  const { clock, refusals, take, looks } = watched()
  take(8 * gigabyte)
  clock.advance(3_000)
  expect([looks(), refusals]).toEqual([3, []])
})

test('one above it is refused once, with both numbers', () => {
  const { clock, refusals, take } = watched()
  take(8.1 * gigabyte)
  clock.advance(5_000)
  const message = "trainer: expected at most 8.0 GB of memory (80 % of this machine's), got 8.1 GB"
  expect(refusals).toEqual([{ code: 'trainer-crashed', message }])
})

test('several share the bound, and the sentence says what helps', () => {
  const { clock, refusals, take } = watched({ trainers: 2 })
  take(4.1 * gigabyte)
  clock.advance(1_000)
  expect(refusals[0]?.message).toBe(
    "trainer: expected at most 4.0 GB of memory (80 % of this machine's, shared by 2 trainers), got 4.1 GB; --jobs 1 leaves each of them all of it",
  )
})

test('a process whose memory is not told is left alone, and nothing looks after the end', () => {
  const { clock, refusals, take, watch, looks } = watched()
  take(null)
  clock.advance(2_000)
  watch.end()
  clock.advance(2_000)
  expect([looks(), refusals]).toEqual([2, []])
})

test.each([
  [0, 8, 8],
  [4, 8, 4],
  [2 ** 63, 8, 8],
])('a limit of %d bytes on a machine of %d leaves %d', (limit, total, most) => expect(limitedBytes(limit, total)).toBe(most))

test.skipIf(process.platform !== 'linux')(
  'this process has memory (skipped but on Linux, where it is told), one that does not exist has none',
  () => {
    const own = machineMemory.residentBytes(process.pid) ?? 0
    expect(own).toBeGreaterThan(20e6) // Node itself
    expect(own).toBeLessThan(machineMemory.totalBytes)
    expect(machineMemory.residentBytes(2 ** 30)).toBeNull()
  },
)
