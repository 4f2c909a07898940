import { createRouterClient } from '@orpc/server'
import { callerOptions } from '#core/contract/wire.ts'
import { transportConformance } from './conformance.ts'

transportConformance({
  name: 'in process',
  connect: (router, log) =>
    Promise.resolve({ client: createRouterClient(router, callerOptions(log)), close: () => Promise.resolve(), vanish: null }),
})
