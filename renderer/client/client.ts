/** The one way from the page to the workbench: a typed client of the contract, the same over HTTP and over a message port. */
import type { ContractRouterClient } from '@orpc/contract'
import { inject, type InjectionKey } from 'vue'
import { assert } from '#core/contract/errors.ts'
import type { Contract, ReportRequest } from '#core/contract/index.ts'

export type Client = ContractRouterClient<Contract>

/** What a host does differently: a browser tab opens a report, the desktop window saves it. */
export type Host = {
  readonly kind: 'browser' | 'desktop'
  readonly client: Client
  /** The address at which this host serves a report, or null where only a file can be made. */
  reportAddress(request: ReportRequest): string | null
}

export const hostKey: InjectionKey<Host> = Symbol('host')

/** The host that the application was made with; components and stores call this and know no transport. */
export function useHost(): Host {
  const host = inject(hostKey, null)
  assert(host !== null, 'useHost: the application was made without a host')
  return host
}
