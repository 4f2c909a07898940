import { describe, expect, test } from 'vitest'
import type { Event } from '#core/contract/events.ts'
import { createEvents, type Events } from './events.ts'

const progressed = (step: number) => ({ kind: 'progressed', study: 's', step, steps: 100 }) as const
const say = (events: Events, count: number) => {
  for (let step = 1; step <= count; step += 1) events.say(progressed(step))
}

/** The next events of a reader. */
async function take(reader: AsyncGenerator<Event, void>, count: number): Promise<Event[]> {
  const taken: Event[] = []
  while (taken.length < count) {
    const { value, done } = await reader.next()
    if (done === true || value === undefined) break
    taken.push(value)
  }
  return taken
}

const cursors = (events: readonly Event[]) => events.map(({ cursor }) => cursor)

describe('events', () => {
  test('a reader gets what is said from its first look on, in order', async () => {
    const events = createEvents(() => [])
    say(events, 3)
    const reader = events.watch(undefined, undefined)
    const first = reader.next()
    say(events, 2)
    expect((await first).value).toEqual({ ...progressed(1), cursor: 4 })
    expect(cursors(await take(reader, 1))).toEqual([5])
  })

  test('a reader that comes back with its last cursor misses nothing', async () => {
    const events = createEvents(() => [])
    say(events, 50)
    expect(cursors(await take(events.watch(0, undefined), 20))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    say(events, 10)
    expect(cursors(await take(events.watch(20, undefined), 40))).toEqual(Array.from({ length: 40 }, (_, i) => i + 21))
  })

  test('a reader that stayed away too long is told once that every study changed, and the engines, and goes on from there', async () => {
    const events = createEvents(() => ['a', 'b'])
    say(events, 25_000)
    const reader = events.watch(3, undefined)
    expect(await take(reader, 3)).toEqual([
      ...['a', 'b'].map((study) => ({ kind: 'studyChanged', cursor: 25_000, study })),
      { kind: 'engineChanged', cursor: 25_000, progress: null },
    ])
    say(events, 1)
    expect(cursors(await take(reader, 1))).toEqual([25_001])
  })

  test('a slow reader, overtaken between two reads, is told so instead of losing what it missed', async () => {
    const events = createEvents(() => ['a'])
    say(events, 10)
    const reader = events.watch(0, undefined)
    expect(cursors(await take(reader, 2))).toEqual([1, 2])
    say(events, 30_000)
    expect((await take(reader, 2))[0]).toEqual({ kind: 'studyChanged', cursor: 30_010, study: 'a' })
    say(events, 1)
    expect(cursors(await take(reader, 1))).toEqual([30_011])
  })

  test('events said while a reader hears that it missed some come after', async () => {
    const events = createEvents(() => ['a', 'b'])
    say(events, 25_000)
    const reader = events.watch(3, undefined)
    await take(reader, 1)
    say(events, 1)
    expect(cursors(await take(reader, 3))).toEqual([25_000, 25_000, 25_001])
  })

  test('a cursor of an earlier process is taken for one that missed everything', async () => {
    const started = 1_800_000_000_000
    const events = createEvents(() => ['a'], started + 5_000)
    say(events, 10)
    expect(await take(events.watch(started + 70, undefined), 1)).toEqual([{ kind: 'studyChanged', cursor: started + 5_010, study: 'a' }])
  })

  test('a cursor from the future is told that every study changed', async () => {
    const events = createEvents(() => ['a'])
    expect(await take(events.watch(99, undefined), 1)).toEqual([{ kind: 'studyChanged', cursor: 0, study: 'a' }])
  })

  test('ten thousand events reach a reader that keeps up, each once', async () => {
    const events = createEvents(() => [])
    const reader = events.watch(0, undefined)
    const taken: Event[] = []
    for (let batch = 0; batch < 100; batch += 1) {
      say(events, 100)
      taken.push(...(await take(reader, 100)))
    }
    expect(cursors(taken)).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1))
  })

  test('an ended reader ends at once, also while it waits, and the others go on', async () => {
    const events = createEvents(() => [])
    const leaving = new AbortController()
    const [first, second] = [events.watch(undefined, leaving.signal), events.watch(undefined, undefined)]
    const [ended, next] = [first.next(), second.next()]
    leaving.abort()
    expect(await ended).toEqual({ done: true, value: undefined })
    say(events, 1)
    expect((await next).value).toEqual({ ...progressed(1), cursor: 1 })
  })
})
