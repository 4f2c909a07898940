/** The charts that there are, by kind: a row each. */
import type { Chart } from './chart.ts'
import { curves, type CurvesData } from './curves.ts'
import { levels, type LevelsData } from './levels.ts'
import { path, type PathData } from './path.ts'
import { phase, type PhaseData } from './phase.ts'
import { survival, type SurvivalData } from './survival.ts'
import { transition, type TransitionData } from './transition.ts'

export type Figure =
  | { readonly kind: 'curves'; readonly data: CurvesData }
  | { readonly kind: 'levels'; readonly data: LevelsData }
  | { readonly kind: 'path'; readonly data: PathData }
  | { readonly kind: 'phase'; readonly data: PhaseData }
  | { readonly kind: 'survival'; readonly data: SurvivalData }
  | { readonly kind: 'transition'; readonly data: TransitionData }

export const charts = { curves, levels, path, phase, survival, transition } as const satisfies Record<Figure['kind'], Chart<never>>
