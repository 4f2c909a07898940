/** MathML text → MathML elements, from a closed list of names: no script, no link, no style can pass. */
const mathNamespace = 'http://www.w3.org/1998/Math/MathML'

const elements = new Set(
  'math mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded mphantom semantics'.split(
    ' ',
  ),
)
const attributes = new Set(
  'display mathvariant stretchy accent accentunder fence separator lspace rspace minsize maxsize scriptlevel displaystyle width'.split(' '),
)

/** The `<math>` element that `source` describes, or null when it is not well-formed MathML. */
export function formulaElement(source: string, document: Document): Element | null {
  if (!source.trimStart().startsWith('<math')) return null
  const parsed = new DOMParser().parseFromString(source, 'application/xml').documentElement
  return parsed.localName === 'math' ? copy(parsed, document) : null
}

function copy(source: Element, document: Document): Element {
  const made = document.createElementNS(mathNamespace, source.localName)
  for (const { name, value } of source.attributes) if (attributes.has(name)) made.setAttribute(name, value)
  for (const child of source.childNodes) {
    if (child instanceof Element && elements.has(child.localName)) made.append(copy(child, document))
    else if (child.nodeType === Node.TEXT_NODE) made.append(child.textContent ?? '')
  }
  return made
}
