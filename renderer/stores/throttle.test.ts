import { describe, expect, test } from 'vitest'
import { createClock, settle } from '../testing/page.ts'
import { createThrottle } from './throttle.ts'

describe('a throttle', () => {
  test('the first asking works at once, later ones once more after the pause', async () => {
    const clock = createClock()
    const worked: string[] = []
    const throttle = createThrottle(clock, 200, async (key) => void worked.push(key))
    for (let i = 0; i < 50; i += 1) void throttle.ask('a')
    await settle()
    void throttle.ask('a')
    void throttle.ask('a')
    await settle()
    expect(worked).toEqual(['a'])
    expect(clock.pass()).toEqual([200])
    await settle()
    expect(worked).toEqual(['a', 'a'])
  })

  test('keys do not wait for each other', async () => {
    const clock = createClock()
    const worked: string[] = []
    const throttle = createThrottle(clock, 200, async (key) => void worked.push(key))
    await Promise.all([throttle.ask('a'), throttle.ask('b')])
    expect(worked).toEqual(['a', 'b'])
  })

  test('an asking during the work is answered by work that begins after it', async () => {
    const clock = createClock()
    let ends: () => void = () => undefined
    let begun = 0
    const throttle = createThrottle(clock, 200, () => {
      begun += 1
      return new Promise((resolve) => (ends = resolve))
    })
    void throttle.ask('a')
    await settle()
    let isAnswered = false
    void throttle.ask('a').then(() => (isAnswered = true))
    ends()
    await settle()
    expect([begun, isAnswered]).toEqual([1, false])
    clock.pass()
    await settle()
    expect(begun).toBe(2)
    ends()
    await settle()
    expect(isAnswered).toBe(true)
  })
})
