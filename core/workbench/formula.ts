/** Formulas as MathML, which pages and reports show without fonts or scripts; written in TeX by the kinds. */
import temml from 'temml'

/** Presentation MathML of a formula in TeX. Classes and styles are dropped: page and report have their own. */
export function mathmlOf(tex: string): string {
  return temml.renderToString(tex, { displayMode: true }).replace(/ (?:class|style)="[^"]*"/g, '')
}
