/** The page's application, made from a host: the same in Electron, in a browser tab and in a test. */
import { createPinia } from 'pinia'
import { createApp, type App } from 'vue'
import type { Router } from 'vue-router'
import KagamiApp from './App.vue'
import { hostKey, type Host } from './client/client.ts'
import { timingKey, type Timing } from './client/timing.ts'
import { createWords } from './words.ts'

export type Parts = { readonly host: Host; readonly timing: Timing; readonly router: Router }

export function createKagamiApp({ host, timing, router }: Parts): App {
  return createApp(KagamiApp).provide(hostKey, host).provide(timingKey, timing).use(createPinia()).use(createWords()).use(router)
}
