// A lock between processes: a folder, since making one is atomic everywhere. Who holds it stands in a file in it, which the
// holder touches. A lock is stale when its processes are gone, or when nobody has touched it for long.
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'

const touchMs = 5_000
const pollMs = 200
const silentMs = 60_000 // of a holder that cannot be asked: on another host (a shared folder), or before it wrote its file
const forgottenMs = 600_000 // of a living process: its id may by now be that of another program

/**
 * Waits until this process alone holds `folder`.
 *
 * @param {string} folder
 * @param {(holder: number | string) => void} onWait told once, when another process holds it
 * @returns {Promise<{ workFor(pid: number): void, release(): void }>} `workFor` names a child that must end, too, before the
 *   lock counts as stale; a process that ends gives the lock back by itself
 */
export async function holdLock(folder, onWait) {
  mkdirSync(dirname(folder), { recursive: true })
  let told = false
  while (!tryToHold(folder)) {
    const holder = holderOf(folder)
    if (holder === undefined) continue // given back meanwhile
    if (holder.isStale) breakLock(folder)
    else if (!told) onWait(holder.pids[0] ?? 'unknown')
    told ||= !holder.isStale
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return keep(folder)
}

/** Makes the folder; false when it is there. */
function tryToHold(folder) {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  sign(folder, [process.pid])
  return true
}

function keep(folder) {
  const touch = setInterval(() => {
    if (isOurs(folder)) utimesSync(fileOf(folder), new Date(), new Date())
    else clearInterval(touch) // this process slept, and another took the lock
  }, touchMs)
  touch.unref()
  const release = () => {
    clearInterval(touch)
    process.off('exit', release)
    if (isOurs(folder)) rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', release)
  return { workFor: (pid) => sign(folder, [process.pid, pid]), release }
}

/** Who holds the lock, and whether it still lives; undefined when nobody does. */
function holderOf(folder) {
  const touched = touchedMs(fileOf(folder)) ?? touchedMs(folder)
  if (touched === undefined) return undefined
  const age = Date.now() - touched
  const { pids, host } = read(folder)
  if (host !== hostname()) return { pids, isStale: age > silentMs }
  return { pids, isStale: age > forgottenMs || !pids.some(isAlive) }
}

/**
 * Removes a stale lock. Two waiters may find it stale at once, and the slower must not remove the lock that the faster
 * holds by then: whoever removes holds a second folder meanwhile and looks again under it. That lasts no longer than
 * these lines, so one that is a minute old was left by a dead process.
 */
function breakLock(folder) {
  const guard = `${folder}-breaking`
  try {
    mkdirSync(guard)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (Date.now() - (touchedMs(guard) ?? Date.now()) > silentMs) rmSync(guard, { recursive: true, force: true })
    return
  }
  if (holderOf(folder)?.isStale === true) rmSync(folder, { recursive: true, force: true })
  rmSync(guard, { recursive: true, force: true })
}

function sign(folder, pids) {
  writeFileSync(fileOf(folder), JSON.stringify({ pids, host: hostname() }))
}

/** What stands in the holder's file; nobody and nowhere while it is not written, or is being written. */
function read(folder) {
  try {
    const { pids, host } = JSON.parse(readFileSync(fileOf(folder), 'utf8'))
    return { pids, host }
  } catch {
    return { pids: [], host: undefined }
  }
}

function isOurs(folder) {
  const { pids, host } = read(folder)
  return pids[0] === process.pid && host === hostname()
}

function touchedMs(path) {
  try {
    return statSync(path).mtimeMs
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM' // it lives, and belongs to another user
  }
}

const fileOf = (folder) => join(folder, 'holder.json')
