/** Mirrors and symmetries in words: what page, report and command line say alike. */
import type { ConservedQuantity, MirrorRow, MirrorsNote, SymmetryFamily } from '#core/contract/mirrors.ts'
import type { Catalogue } from './catalogue.ts'
import { formatNumber } from './digits.ts'

/** A formula of a conserved quantity as plain text: of TeX only what these hold. */
export function plainFormula(tex: string): string {
  return tex
    .replaceAll('\\lVert ', '‖')
    .replaceAll('\\rVert', '‖')
    .replaceAll(/\^\\top ?/g, 'ᵀ')
    .replaceAll('^2', '²')
    .replaceAll('_j', 'ⱼ')
    .replaceAll(' - ', ' − ')
}

/** How a conserved quantity changes. */
export function lawWords({ rate, isKept }: Pick<ConservedQuantity, 'rate' | 'isKept'>, words: Catalogue): string {
  if (!isKept) return words('mirrors.law.notKept')
  if (rate === null) return words('mirrors.law.unknown')
  if (rate === 0) return words('mirrors.law.stays')
  return words('mirrors.law.decays', { rate: formatNumber(rate, words.language) })
}

/** Whether the steps of a study keep the mirrors of a family, or there are none to keep. */
export function keptWords({ isKept, isFound }: Pick<SymmetryFamily, 'isKept' | 'isFound'>, words: Catalogue): string {
  if (isFound === false) return words('mirrors.kept.gone')
  if (isKept === null) return words('mirrors.kept.none')
  return words(isKept ? 'mirrors.kept.yes' : 'mirrors.kept.no')
}

/** How many mirrors a family of the model has. */
export function countWords({ mirrors }: Pick<SymmetryFamily, 'mirrors'>, words: Catalogue): string {
  return mirrors === null ? words('mirrors.everyDirection') : formatNumber(mirrors, words.language)
}

export function onMirrorWords(onMirror: SymmetryFamily['onMirror'] | MirrorRow['onMirror'], words: Catalogue): string {
  return words(`mirrors.onMirror.${onMirror ?? 'none'}`)
}

export function noteWords(note: MirrorsNote, words: Catalogue): string {
  switch (note.kind) {
    case 'too-large':
      return words('mirrors.note.too-large', { place: note.place, reflection: words(`mirrors.reflection.${note.reflection}`) })
    case 'sampled':
      return words('mirrors.note.sampled', { groups: note.groups, n: note.groups })
    case 'fewer-rows':
      return words('mirrors.note.fewer-rows', { used: note.used, rows: note.rows })
    case 'diverged':
      return words('mirrors.note.diverged', { step: note.step })
    default:
      return words(`mirrors.note.${note.kind}`)
  }
}
