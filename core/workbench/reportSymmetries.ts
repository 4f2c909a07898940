/** The symmetries of a study's models, as a report lists them: what follows from the study alone, without a search. */
import { asJson, type Json } from '#core/contract/values.ts'
import type { ReportModel } from '#core/report/model.ts'
import type { Run } from '#core/contract/runs.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import type { Cell } from '#core/study/cells.ts'
import { modelOf } from '#core/study/kinds.ts'
import { commonDecay } from '#core/symmetry/predictions/prediction.ts'
import { familiesOf, lengthsOf } from '#core/symmetry/symmetries/registry.ts'
import { keepsFlow, keepsMirrors, type SymmetryFamily } from '#core/symmetry/symmetries/symmetry.ts'
import { optimiserNames } from '#core/contract/mirrors.ts'
import { cellId } from './studies.ts'

/** A row for each family of each model of the study. `shapes` are those of the runs' stacks, which know the columns of the data. */
export function symmetriesOf(
  cells: readonly Cell[],
  { runs, shapes }: { runs: readonly Run[]; shapes: ReadonlyMap<string, Json> },
): ReportModel['symmetries'] {
  const stackOf = new Map(runs.map(({ cell, stack }) => [cell, stack]))
  return [...Map.groupBy(cells, ({ study }) => canonicalJson(asJson(study.model))).values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const size = sizeIn(shapes.get(stackOf.get(cellId(first)) ?? ''))
    const { model } = first.study
    return familiesOf(model).map((family) => ({
      model: modelOf(first.study).kind.title,
      title: family.title,
      mirrors: family.isFinite && size !== null ? family.mirrors(lengthsOf(model, size)).length : null,
      onMirror: family.hasMirrors ? family.onMirror : null,
      keptBy: family.hasMirrors ? optimiserNames.filter((kind) => keepsMirrors(family, { optimiser: { kind } })) : [],
      ...countsOf(family, same),
    }))
  })
}

function countsOf(family: SymmetryFamily, cells: readonly Cell[]) {
  const steps = ({ study: { optimiser, noise } }: Cell) => ({ optimiser, gradientNoise: noise.gradient })
  const plain = cells.filter(({ study }) => study.reparametrise.length === 0)
  const rates = plain.map(({ study }) => 4 * commonDecay(study, family.blocks))
  return {
    cells: cells.length,
    changed: cells.length - plain.length,
    kept: family.hasMirrors ? plain.filter((cell) => keepsMirrors(family, steps(cell))).length : 0,
    conserved: family.conserved === null ? null : { tex: family.conserved.tex, kept: plain.filter((cell) => keepsFlow(steps(cell))).length, rates: [...new Set(rates.filter(Number.isFinite))].toSorted((a, b) => a - b) }, // prettier-ignore
  }
}

function sizeIn(shape: Json | undefined): { inputs: number; outputs: number } | null {
  if (typeof shape !== 'object' || shape === null || !('inputs' in shape) || !('outputs' in shape)) return null
  return { inputs: Number(shape['inputs']), outputs: Number(shape['outputs']) }
}
