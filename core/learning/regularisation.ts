/** Weight decay by group of parameters, as a study writes it. */
import { matchingNames } from './pattern.ts'

export type Regularisation = {
  readonly weightDecay: number
  readonly groups: readonly { readonly parameters: string; readonly weightDecay: number }[]
}

/** The γ of a trained parameter: of the last group that names it, else of the study. */
export function weightDecayOf({ weightDecay, groups }: Regularisation, name: string): number {
  return groups.findLast(({ parameters }) => matchingNames(parameters, [name]).length > 0)?.weightDecay ?? weightDecay
}
