/**
 * The only markup that a report takes as it is: a formula in presentation MathML, made by a model's kind. It is still checked sign by
 * sign, because a report is opened by people who did not make it: elements and attributes from a closed list, text without markup.
 */
const elements = new Set([
  ...['math', 'mrow', 'mi', 'mn', 'mo', 'mtext', 'mspace', 'msub', 'msup', 'msubsup', 'mfrac', 'msqrt', 'mroot'],
  ...['munder', 'mover', 'munderover', 'mstyle', 'mpadded', 'mtable', 'mtr', 'mtd'],
])
const attributes = new Set([
  'display',
  'xmlns',
  'mathvariant',
  'stretchy',
  'fence',
  'separator',
  'form',
  'lspace',
  'rspace',
  'width',
  'displaystyle',
  'accent',
  'movablelimits',
  'largeop',
])
const token = /<(\/?)([a-z]+)((?:\s+[a-z]+="[A-Za-z0-9 ./:-]*")*)\s*(\/?)>|([^<>]+)/gy

/** Whether `text` is one well-formed `<math>` element of the closed list. */
export function isMathml(text: string): boolean {
  const open: string[] = []
  let position = 0
  token.lastIndex = 0
  while (position < text.length) {
    const match = token.exec(text)
    if (match === null) return false
    const [whole, closing, name = '', given = '', empty, words] = match
    position += whole.length
    if (words !== undefined) {
      if (open.length === 0 || /&(?!(?:amp|lt|gt|#x?[0-9a-fA-F]+);)/.test(words)) return false
      continue
    }
    if (!elements.has(name) || (open.length === 0) !== (name === 'math' && closing === '')) return false
    if (![...given.matchAll(/\s([a-z]+)=/g)].every(([, attribute = '']) => attributes.has(attribute))) return false
    if (closing === '/') {
      if (open.pop() !== name) return false
      if (open.length === 0) return position === text.length
    } else if (empty !== '/') open.push(name)
  }
  return false
}
