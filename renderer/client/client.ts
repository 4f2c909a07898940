/** The one way from the page to the workbench: a typed client of the contract, the same over HTTP and over a message port. */
import type { ContractRouterClient } from '@orpc/contract'
import { inject, type InjectionKey } from 'vue'
import { assert } from '#core/contract/errors.ts'
import type { Contract } from '#core/contract/index.ts'

export type Client = ContractRouterClient<Contract>

/** What the page runs in. */
export type Host = { readonly kind: 'browser' | 'desktop'; readonly client: Client }

export const hostKey: InjectionKey<Host> = Symbol('host')

/** The host that the application was made with; components and stores call this and know no transport. */
export function useHost(): Host {
  const host = inject(hostKey, null)
  assert(host !== null, 'useHost: the application was made without a host')
  return host
}
