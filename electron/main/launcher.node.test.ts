import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { LauncherHandlers } from '#core/trainer/protocol.ts'
import { standInUtility } from '#core/testing/electron/utility.ts'
import { describeLauncher } from '#core/testing/trainers/conformance.ts'
import { utilityLauncher, type Utility } from './launcher.ts'

const fixture = fileURLToPath(new URL('../../core/testing/electron/parentPort.ts', import.meta.url))
const channel = new URL('../trainer/channel.ts', import.meta.url).href
const kill = (pid: number, signal: NodeJS.Signals): boolean => process.kill(pid, signal)

describeLauncher(
  'utilityProcess',
  utilityLauncher({
    fork: (entry, args, options) => standInUtility(entry, [channel, 'fixture-jobs', ...args], options),
    entry: fixture,
    kill,
    platform: process.platform,
  }),
)

describe('utilityLauncher', () => {
  type End = Parameters<LauncherHandlers['exited']>[0]

  /** A utility process that exits with a number of Electron's. */
  function exitOf(code: number, platform = 'linux'): Promise<End> {
    return new Promise((exited) => {
      const child: Utility = {
        pid: 7,
        stderr: null,
        postMessage: () => undefined,
        kill: () => true,
        on: (event, handler) => void (event === 'exit' && setImmediate(handler, code)), // the event chooses the handler
      }
      utilityLauncher({ fork: () => child, entry: 'a', kill, platform }).launch({ message: () => undefined, exited })
    })
  }

  test('an exit by a number is that of the process, or of the signal that killed it', async () => {
    expect(await exitOf(0)).toEqual({ code: 0, signal: null, stderr: '' })
    expect(await exitOf(70)).toEqual({ code: 70, signal: null, stderr: '' })
    expect(await exitOf(9)).toEqual({ code: null, signal: 'SIGKILL', stderr: '' })
    expect(await exitOf(6 + 128)).toEqual({ code: null, signal: 'SIGABRT', stderr: '' }) // with a core dump
    expect(await exitOf(9, 'win32')).toEqual({ code: 9, signal: null, stderr: '' })
  })

  test('the entry runs alone: no arguments, no debugger’s flags, stderr kept', () => {
    const asked: unknown[] = []
    const fork = (...values: unknown[]): Utility => {
      asked.push(values)
      return { pid: undefined, stderr: null, postMessage: () => undefined, kill: () => true, on: () => undefined }
    }
    utilityLauncher({ fork, entry: '/out/main/trainer.js', kill, platform: 'linux' }).launch({
      message: () => undefined,
      exited: () => undefined,
    })
    expect(asked).toEqual([
      [
        '/out/main/trainer.js',
        [],
        { serviceName: 'Kagami trainer', stdio: ['ignore', 'ignore', 'pipe'], execArgv: ['--max-semi-space-size=4'] },
      ],
    ])
  })

  test('a process that is killed before it runs, and one that is gone, take a signal without an error', async () => {
    const launcher = utilityLauncher({
      fork: (entry, args, options) => standInUtility(entry, [channel, 'fixture-jobs', ...args], options),
      entry: fixture,
      kill,
      platform: process.platform,
    })
    let tell: (end: End) => void = () => undefined
    const exited = new Promise<End>((resolve) => (tell = resolve))
    const handle = launcher.launch({ message: () => undefined, exited: tell })
    handle.kill('SIGKILL')
    expect((await exited).code).toBe(0) // Electron's `kill`, the only one that reaches it then
    handle.kill('SIGKILL')
    handle.send({ kind: 'shutdown' })
    expect(handle.pid).toBeNull()
  })
})
