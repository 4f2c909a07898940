/** The one place where text becomes HTML. */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that stands for itself between tags and in quoted attributes; signs that HTML cannot hold become the replacement sign. */
export function escapeHtml(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd')
}

/**
 * Powers of ten with a raised exponent instead of superscript signs, of which most fonts hold only ¹²³: after escaping, in text that
 * goes between HTML's tags.
 */
export function superscriptsHtml(escaped: string): string {
  return escaped.replace(power, (_, raised: string) => `10<sup>${digits(raised)}</sup>`)
}

/** The same in SVG's text, where a shift lasts until it is taken back; sizes are those of an axis's labels. */
export function superscriptsSvg(escaped: string): string {
  const [start = '', ...rest] = escaped.split(power) // text, exponent, text, exponent, … text
  return rest.reduce((written, part, index) => {
    if (index % 2 === 0) return `${written}10<tspan dy="-4" font-size="8">${digits(part)}</tspan>`
    return part === '' ? written : `${written}<tspan dy="4">${part}</tspan>`
  }, start)
}

const power = /10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g

function digits(raised: string): string {
  return [...raised].map((sign) => (sign === '⁻' ? '−' : String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(sign)))).join('')
}
