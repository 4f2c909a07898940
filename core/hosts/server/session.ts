/** The one-time token in the printed address, and the cookie that it is exchanged for. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export type Session = {
  /** The cookie for the right token, once; null for a wrong or used one. */
  exchange(token: string): string | null
  /** Whether the `Cookie` header of a request holds this session. */
  isOpen(cookieHeader: string | undefined): boolean
}

export function openSession(token: string, port: number): Session {
  const value = randomBytes(32).toString('base64url')
  const name = `kagami-${port}` // browsers share cookies between ports, and two workbenches may run
  let isUsed = false
  return {
    exchange(given) {
      if (isUsed || !isEqual(given, token)) return null
      isUsed = true
      return `${name}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=604800` // outlives the browser; the value ends with this process
    },
    isOpen(cookieHeader) {
      const pairs = (cookieHeader ?? '').split(';').map((pair) => pair.trim())
      return pairs.some((pair) => pair.startsWith(`${name}=`) && isEqual(pair.slice(name.length + 1), value))
    },
  }
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function isEqual(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
