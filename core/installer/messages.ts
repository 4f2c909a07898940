/** What an installer's process and its parent say to each other: plain records, carried by whatever channel the host has. */
import type { EngineProof, InstallProgress, Variant } from '#core/contract/engines.ts'
import type { RefusalRecord } from '#core/contract/errors.ts'
import type { Report } from './installTensorflow.ts'

export type Work =
  | { readonly action: 'install'; readonly engines: string; readonly variant: Variant; readonly from: string | null }
  | { readonly action: 'remove'; readonly engines: string }

/** `begin` comes first and once. A proof that was wanted is answered by `proved` or `unproved`. */
export type ToInstaller =
  | { readonly kind: 'begin'; readonly work: Work }
  | { readonly kind: 'proved'; readonly proof: EngineProof }
  | { readonly kind: 'unproved'; readonly refusal: RefusalRecord }
  | { readonly kind: 'cancel' }

/** One of the last three comes last; then the parent ends the process. */
export type FromInstaller =
  | { readonly kind: 'progress'; readonly progress: InstallProgress }
  | { readonly kind: 'prove'; readonly folder: string }
  | { readonly kind: 'installed'; readonly report: Report }
  | { readonly kind: 'removed'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly refusal: RefusalRecord }
