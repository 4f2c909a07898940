/** Stand-ins for a window's contents, a session and the app: they keep what they are told and fire what a test asks for. */
import { EventEmitter } from 'node:events'

/** An event that can be prevented, as Electron's first arguments are. */
export function preventable() {
  let isPrevented = false
  return {
    preventDefault: () => void (isPrevented = true),
    get defaultPrevented() {
      return isPrevented
    },
  }
}

type OpenHandler = (details: { readonly url: string }) => { readonly action: string }

export function standInContents() {
  const events = new EventEmitter()
  let open: OpenHandler = () => ({ action: 'allow' }) // Electron's default
  return Object.assign(events, {
    setWindowOpenHandler: (handler: OpenHandler) => void (open = handler),
    opens: (url: string) => open({ url }).action,
    /** Whether a handler prevented the event. */
    isPrevented(name: string) {
      const event = preventable()
      events.emit(name, event)
      return event.defaultPrevented
    },
  })
}

type Answers = {
  request: ((contents: null, permission: string, answer: (granted: boolean) => void) => void) | null
  check: (() => boolean) | null
  device: (() => boolean) | null
  before: ((details: { url: string }, answer: (response: { cancel: boolean }) => void) => void) | null
}

export function standInSession() {
  const answers: Answers = { request: null, check: null, device: null, before: null }
  return {
    setPermissionRequestHandler: (handler: typeof answers.request) => void (answers.request = handler),
    setPermissionCheckHandler: (handler: typeof answers.check) => void (answers.check = handler),
    setDevicePermissionHandler: (handler: typeof answers.device) => void (answers.device = handler),
    webRequest: { onBeforeRequest: (handler: typeof answers.before) => void (answers.before = handler) },
    isGranted(permission: string) {
      let isGranted = true // what Electron does without a handler
      answers.request?.(null, permission, (granted) => (isGranted = granted))
      return isGranted || (answers.check?.() ?? true) || (answers.device?.() ?? true)
    },
    isLoaded(url: string) {
      let isCancelled = false
      answers.before?.({ url }, ({ cancel }) => (isCancelled = cancel))
      return !isCancelled
    },
  }
}

/** An app whose `quit` does what Electron's does: asks `before-quit`, and ends unless that was prevented. */
export function standInApp() {
  const events = new EventEmitter()
  let hasQuit = false
  return Object.assign(events, {
    quit() {
      const event = preventable()
      events.emit('before-quit', event)
      if (!event.defaultPrevented) hasQuit = true
    },
    hasQuit: () => hasQuit,
  })
}

/** A window that keeps its options and the address it was given. */
export function standInWindow(options: object) {
  const told = { options, address: '', isShown: false }
  return Object.assign(new EventEmitter(), {
    told,
    loadURL: async (address: string) => void (told.address = address),
    show: () => void (told.isShown = true),
  })
}
