/**
 * The document of what the presets come to: a section for each, in the order of their names. A check renews the sections of the presets that it ran and leaves the others
 * as they are, since some take half an hour.
 */

export type Section = { readonly name: string; readonly text: string } // from its heading on

/**
 * @param before    the document so far; null for a new one
 * @param sections  of the presets that were checked
 */
export function renewTable(before: string | null, sections: readonly Section[]): string {
  const all = new Map([...(before === null ? [] : sectionsOf(before)), ...sections].map(({ name, text }) => [name, text.trim()]))
  const texts = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  const count = (sign: RegExp) => texts.reduce((sum, text) => sum + (text.match(sign) ?? []).length, 0)
  const [held, rows] = [count(/^\| ✓ /gm), count(/^\| [✓✗○] /gmu)]
  const head = `# Presets\n\n${held} of ${rows} values hold. Made by \`kagami preset check … --out\`; times are wall-clock, trainers beside each other.\n`
  return `${[head, ...texts].join('\n\n').replaceAll(/\n{3,}/g, '\n\n')}\n`
}

function sectionsOf(document: string): Section[] {
  return document
    .split(/^(?=## )/m)
    .slice(1) // the head counts again
    .map((text) => ({ name: (/^## (.*)$/m.exec(text)?.[1] ?? '').trim(), text }))
}
