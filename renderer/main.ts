/** The page's entry: picks the host by the address it was loaded from, and mounts. */
import '@fontsource-variable/noto-sans-jp/index.css'
import './styles/tokens.css'
import './styles/base.css'
import { createWebHistory } from 'vue-router'
import { createKagamiApp } from './app.ts'
import type { Host } from './client/client.ts'
import { electronHost } from './client/electron.ts'
import { httpHost } from './client/http.ts'
import { browserTiming } from './client/timing.ts'
import { createKagamiRouter } from './router.ts'

/** A page that came over HTTP talks to its server; any other scheme is the desktop window's own. */
const pickHost = (): Promise<Host> | Host => (location.protocol.startsWith('http') ? httpHost(location.origin) : electronHost(window))

const router = createKagamiRouter(createWebHistory('/'))
const app = createKagamiApp({ host: await pickHost(), timing: browserTiming(), router })
await router.isReady() // until then the page is at no place
app.mount('#app')
