/**
 * The fonts of a report, inside its file: of Noto Sans JP's 124 slices only those that hold a sign of the text, each with the signs that
 * it is there for. An English report carries some 50 kB, a Japanese one under 1.5 MB.
 */
import { readFile } from 'node:fs/promises'
import { assert } from '#core/contract/errors.ts'

type Face = { readonly file: string; readonly ranges: readonly (readonly [number, number])[] }

/** `@font-face` rules for every sign of `text` that the font has. */
export async function embeddedFonts(text: string): Promise<string> {
  const sheet = new URL(import.meta.resolve('@fontsource-variable/noto-sans-jp/index.css'))
  const faces = readFaces(await readFile(sheet, 'utf8'))
  const used = new Map<Face, number[]>()
  for (const sign of [...new Set(text)].map((character) => character.codePointAt(0) ?? 0).sort((a, b) => a - b)) {
    const face = faces.findLast(({ ranges }) => ranges.some(([low, high]) => sign >= low && sign <= high)) // the last rule wins in CSS
    if (face !== undefined) used.set(face, [...(used.get(face) ?? []), sign])
  }
  const rules = faces.flatMap((face) => {
    const signs = used.get(face)
    return signs === undefined ? [] : [rule(new URL(face.file, sheet), signs)]
  })
  return (await Promise.all(rules)).join('\n')
}

async function rule(file: URL, signs: readonly number[]): Promise<string> {
  const bytes = await readFile(file)
  const range = signs.map((sign) => `U+${sign.toString(16)}`).join(',')
  return `@font-face{font-family:'Noto Sans JP Variable';font-weight:100 900;src:url(data:font/woff2;base64,${bytes.toString('base64')}) format('woff2');unicode-range:${range}}`
}

function readFaces(css: string): Face[] {
  const faces = [...css.matchAll(/url\(([^)]+\.woff2)\)[^}]*?unicode-range:\s*([^;}]+)/g)].map(([, file = '', ranges = '']) => ({
    file,
    ranges: ranges.split(',').map((range) => {
      const [low = '', high = low] = range.trim().slice(2).split('-')
      return [Number.parseInt(low, 16), Number.parseInt(high, 16)] as const
    }),
  }))
  assert(
    faces.length > 0 && faces.every(({ ranges }) => ranges.flat().every(Number.isInteger)),
    'embeddedFonts: the font has another style sheet than expected',
  )
  return faces
}
