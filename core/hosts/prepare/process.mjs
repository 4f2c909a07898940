// Running another program as if it were this one: its output, its signals, its exit status.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs Node with arguments, its streams those of this process.
 *
 * @param {string} node
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<number>} the exit status; 128 + n for signal n
 */
export async function runNode(node, args, { cwd } = {}) {
  return (await run(node, args, { cwd, stdio: 'inherit' })).status
}

/** Runs Node with arguments and keeps what it prints. @returns {Promise<{ status: number, output: string }>} */
export async function captureNode(node, args, { cwd } = {}) {
  return await run(node, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
}

function run(node, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, options)
    const signals = passSignals(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      signals.end()
      resolve({ status: exitStatus(code, signal), output })
    })
  })
}

/** The status of a process that ended, as a shell gives it. */
export function exitStatus(code, signal) {
  return signal === null ? code : 128 + constants.signals[signal]
}

/**
 * Hands our signals on to a child until `end`. At a terminal Ctrl-C reaches the child by itself, as it reaches every process
 * there; a second copy would count as the user's second Ctrl-C. `last` names the signal that came last.
 */
export function passSignals(child) {
  const atTerminal = process.stdin.isTTY || process.stderr.isTTY
  let last
  const pass = (signal) => {
    last = signal
    if (!(signal === 'SIGINT' && atTerminal)) child.kill(signal)
  }
  for (const signal of forwarded) process.on(signal, pass)
  return {
    end: () => forwarded.forEach((signal) => process.off(signal, pass)),
    last: () => last,
  }
}
