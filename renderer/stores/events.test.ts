import { describe, expect, test } from 'vitest'
import { aStudy } from '../testing/fixtures.ts'
import { openPage, settle } from '../testing/page.ts'
import { createStandIn } from '../testing/standIn.ts'
import { useEvents, type Batch } from './events.ts'

function follow() {
  const standIn = createStandIn({ studies: [aStudy()] })
  const { clock, inside } = openPage(standIn)
  const events = inside(useEvents)
  const batches: Batch[] = []
  events.listen((batch) => batches.push(batch))
  events.follow()
  return { standIn, clock, events, batches }
}

const watched = (calls: readonly string[]): readonly string[] => calls.filter((call) => call.startsWith('events.watch'))

describe('events', () => {
  test('a thousand events of one frame wake a listener once, each study once', async () => {
    const { standIn, clock, batches } = follow()
    await settle()
    for (let step = 1; step <= 1_000; step += 1)
      standIn.publish({ kind: 'progressed', study: step % 2 === 0 ? 'abc' : 'def', step, steps: 1_000 })
    for (let turn = 0; turn < 200; turn += 1) await settle()
    clock.draw()
    expect(batches).toHaveLength(1)
    expect([...(batches[0]?.progressed ?? [])].sort()).toEqual(['abc', 'def'])
    expect(clock.frames).toBe(1)
  })

  test('runs that end in one frame add up by study and state', async () => {
    const { standIn, clock, batches } = follow()
    await settle()
    standIn.publish({ kind: 'runsEnded', study: 'abc', state: 'finished', runs: 3 })
    standIn.publish({ kind: 'runsEnded', study: 'abc', state: 'failed', runs: 1 })
    standIn.publish({ kind: 'runsEnded', study: 'abc', state: 'finished', runs: 4 })
    await settle()
    clock.draw()
    expect(batches[0]?.ended).toEqual([
      { study: 'abc', state: 'finished', runs: 7 },
      { study: 'abc', state: 'failed', runs: 1 },
    ])
  })

  test('after a break the stream goes on after the last event that was seen, and none is told twice', async () => {
    const { standIn, clock, events, batches } = follow()
    await settle()
    standIn.publish({ kind: 'runsEnded', study: 'abc', state: 'finished', runs: 1 })
    standIn.publish({ kind: 'runsEnded', study: 'abc', state: 'finished', runs: 1 })
    await settle()
    clock.draw()
    standIn.breakStreams()
    await settle()
    expect(events.connection.kind).toBe('waiting')
    standIn.publish({ kind: 'runsEnded', study: 'abc', state: 'finished', runs: 1 })
    clock.pass()
    await settle()
    clock.draw()
    expect(watched(standIn.calls)).toEqual(['events.watch', 'events.watch 2'])
    expect(batches.flatMap(({ ended }) => ended.map(({ runs }) => runs))).toEqual([2, 1])
    expect(events.connection.kind).toBe('live')
  })

  test('a return after a break is told to whoever keeps answers, the first connection is not', async () => {
    const { standIn, clock, events } = follow()
    let returns = 0
    events.onReturn(() => (returns += 1))
    await settle()
    expect(returns).toBe(0)
    standIn.breakStreams()
    await settle()
    clock.pass()
    await settle()
    expect(returns).toBe(1)
  })

  test('the pause before the next try doubles up to eight seconds', async () => {
    const { standIn, clock } = follow()
    await settle()
    const pauses: number[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) {
      standIn.breakStreams()
      await settle()
      pauses.push(...clock.pass())
      await settle()
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000])
  })

  test('whoever leaves opens no further stream', async () => {
    const { standIn, clock, events } = follow()
    await settle()
    events.leave()
    await settle()
    clock.pass()
    await settle()
    expect(watched(standIn.calls)).toHaveLength(1)
  })
})
