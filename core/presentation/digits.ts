/**
 * Numbers as people read them: significant digits from the uncertainty, thin spaces for thousands, powers of ten with real
 * superscripts, and words where there is no number. Nothing here measures; every digit shown is a digit of the value given.
 */
import { assert } from '#core/contract/errors.ts'
import type { Language } from '#core/contract/values.ts'

export const thinSpace = '\u202f' // narrow and unbreakable: a number never ends a line half-way
const unbroken = '\u00a0' // a space that ends no line
const minus = '\u2212'
const noValue: Readonly<Record<Language, string>> = { en: 'no value', ja: '値なし' }

export type NumberOptions = {
  readonly digits?: number // significant digits; 3 unless given
  readonly decimals?: number // this many after the point, in plain notation: for columns of a table
  readonly uncertainty?: number // half the width of the interval: sets the digits and is shown
  readonly showUncertainty?: boolean // true unless given; a table may have a column of its own for it
}

/**
 * `0.923 ± 0.004`: the uncertainty is rounded to one significant digit (two when it starts with 1) and the value to the same
 * place. Without an uncertainty, `digits` significant digits. Sizes below 10⁻³ or from 10⁶ are written as 3.2·10⁻⁵.
 */
export function formatNumber(value: number | null | undefined, language: Language, options: NumberOptions = {}): string {
  if (value === null || value === undefined || Number.isNaN(value)) return noValue[language]
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${minus}∞`
  const { digits = 3, uncertainty } = options
  if (options.decimals !== undefined) return plain(value, options.decimals)
  if (uncertainty !== undefined && Number.isFinite(uncertainty) && uncertainty > 0)
    return withUncertainty(value, uncertainty, { shown: options.showUncertainty ?? true })
  assert(Number.isInteger(digits) && digits >= 1 && digits <= 17, `formatNumber: expected 1 to 17 digits, got ${digits}`)
  if (value === 0) return '0'
  const exponent = exponentOf(value, digits)
  if (isPlain(exponent, digits)) return trimmed(plain(value, digits - 1 - exponent))
  return power(trimmed((value / 10 ** exponent).toFixed(digits - 1)), exponent)
}

/** `[0.919, 0.927]`, both ends to the place that half the width, as an uncertainty, gives to the value between them. */
export function formatInterval(low: number | null, high: number | null, language: Language): string {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return noValue[language]
  const width = high - low
  if (!(width > 0)) return `[${formatNumber(low, language)}, ${formatNumber(high, language)}]`
  const largest = exponentOf(Math.max(Math.abs(low), Math.abs(high)), 3)
  const place = lastPlace(width / 2)
  if (isPlain(largest, largest - place + 1)) return `[${plain(low, -place)}, ${plain(high, -place)}]`
  const scaled = (value: number) => plain(value / 10 ** largest, Math.max(0, largest - place))
  return `[${scaled(low)}, ${scaled(high)}]·10${superscript(largest)}`
}

/** A p-value, `p = 0.012` or as a bare value `0.012`, and never a smaller claim than `p < 0.001`. */
export function formatP(p: number | null, language: Language, form: 'sentence' | 'value' = 'sentence'): string {
  if (p === null || Number.isNaN(p)) return noValue[language]
  const bare = form === 'value'
  if (p < 0.001) return bare ? `<${unbroken}0.001` : `p${unbroken}<${unbroken}0.001`
  const value = p.toFixed(p < 0.1 ? 3 : 2)
  return bare ? value : `p${unbroken}=${unbroken}${value}`
}

const durationUnits = {
  en: { ms: ' ms', s: ' s', min: ' min', h: ' h', d: ' d', between: ' ' },
  ja: { ms: 'ミリ秒', s: '秒', min: '分', h: '時間', d: '日', between: '' },
} as const satisfies Record<Language, object>

/** A duration in its two largest units: `850 ms`, `12.3 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number | null, language: Language): string {
  if (milliseconds === null || !Number.isFinite(milliseconds) || milliseconds < 0) return noValue[language]
  const unit = durationUnits[language]
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}${unit.ms}`
  if (milliseconds < 59_950) return `${trimmed((milliseconds / 1_000).toFixed(1))}${unit.s}`
  const seconds = Math.round(milliseconds / 1_000)
  const pair = (large: string, small: string) => (small.startsWith('0') ? large : `${large}${unit.between}${small}`)
  if (seconds < 3_600) return pair(`${Math.floor(seconds / 60)}${unit.min}`, `${seconds % 60}${unit.s}`)
  const minutes = Math.round(seconds / 60)
  if (minutes < 1_440) return pair(`${Math.floor(minutes / 60)}${unit.h}`, `${minutes % 60}${unit.min}`)
  const hours = Math.round(minutes / 60)
  return pair(`${grouped(String(Math.floor(hours / 24)))}${unit.d}`, `${hours % 24}${unit.h}`)
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes in powers of 1,000: `312 MB`. */
export function formatBytes(bytes: number | null, language: Language): string {
  if (bytes === null || !Number.isFinite(bytes) || bytes < 0) return noValue[language]
  let [size, unit] = [bytes, 0]
  while (size >= 999.5 && unit < byteUnits.length - 1) [size, unit] = [size / 1_000, unit + 1]
  const digits = unit === 0 || size >= 99.5 ? 0 : 1
  return `${grouped(trimmed(size.toFixed(digits)))}${thinSpace}${byteUnits[unit]}`
}

/** A whole number with thin spaces: `50 000`. */
export function formatCount(count: number | null, language: Language): string {
  if (count === null || Number.isNaN(count)) return noValue[language]
  if (!Number.isFinite(count)) return formatNumber(count, language)
  return plain(count, 0)
}

/** `10⁻⁵` for −5. */
export function powerOfTen(exponent: number): string {
  return `10${superscript(exponent)}`
}

function withUncertainty(value: number, uncertainty: number, { shown }: { shown: boolean }): string {
  const place = lastPlace(uncertainty)
  const largest = exponentOf(Math.max(Math.abs(value), uncertainty), 1)
  const both = (write: (number: number) => string) => (shown ? `${write(value)} ± ${write(uncertainty)}` : write(value))
  if (isPlain(largest, largest - place + 1)) return both((number) => plain(number, -place))
  const scaled = both((number) => plain(number / 10 ** largest, Math.max(0, largest - place)))
  return `${shown ? `(${scaled})` : scaled}·${powerOfTen(largest)}`
}

/** The power of ten of the last digit worth showing: one significant digit of the uncertainty, two when it starts with 1. */
function lastPlace(uncertainty: number): number {
  const first = exponentOf(uncertainty, 1)
  return Math.round((uncertainty / 10 ** first) * 10) / 10 < 2 ? first - 1 : first
}

/** The power of ten of the first digit, after rounding to `digits` significant digits (9.996 has 1 with three digits). */
function exponentOf(value: number, digits: number): number {
  return value === 0
    ? 0
    : Number(
        Math.abs(value)
          .toExponential(digits - 1)
          .split('e')[1],
      )
}

/** Plain notation for sizes in [10⁻³, 10⁶) whose digits reach the decimal point. */
function isPlain(exponent: number, digits: number): boolean {
  return exponent >= -3 && exponent < 6 && exponent - digits < 3
}

function plain(value: number, decimals: number): string {
  const rounded = decimals >= 0 ? value.toFixed(Math.min(decimals, 100)) : (Math.round(value * 10 ** decimals) / 10 ** decimals).toFixed(0)
  const negative = rounded.startsWith('-') && /[1-9]/.test(rounded)
  return `${negative ? minus : ''}${grouped(rounded.replace('-', ''))}`
}

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.')
  const spaced = whole.length > 4 ? whole.replace(/\B(?=(?:\d{3})+$)/g, thinSpace) : whole // four digits need no help
  return fraction === undefined ? spaced : `${spaced}.${fraction}`
}

/** Without zeros at the end of a fraction: they would claim digits that `digits` does not ask for to be seen. */
function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function power(mantissa: string, exponent: number): string {
  return `${mantissa.replace('-', minus)}·${powerOfTen(exponent)}`
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
}

function superscript(exponent: number): string {
  return [...String(exponent)].map((sign) => superscripts[sign] ?? sign).join('')
}
