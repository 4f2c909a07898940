/** The system's Chromium for browser tests: one browser for a file, driven by playwright-core. */
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const chromiumPath = places.find((path) => existsSync(path)) ?? null
export const withoutChromium = 'Chromium is missing: on Debian, apt-get install chromium fonts-ipafont-gothic'

/** As root in a container Chromium needs these; nothing of it looks outside this machine. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking'],
  })
}
