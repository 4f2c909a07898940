/**
 * The colours of charts, in both themes: a surface, its inks, and the colour of every level of a factor. The page's own colours are
 * CSS variables; a chart is drawn without CSS, on page and paper alike, so the same values stand here once more.
 */
import { assert } from '#core/contract/errors.ts'

export type Theme = 'light' | 'dark'

export type Palette = {
  readonly background: string // of the window
  readonly surface: string // what a chart stands on
  readonly sunken: string // code, inputs
  readonly line: string // hairlines
  readonly ink: string // text, the baseline and the theory's prediction
  readonly ink2: string // labels
  readonly ink3: string // hints, ticks
  readonly accent: string
  readonly good: string
  readonly warn: string
  readonly bad: string
  readonly ramp: readonly string[] // ordered levels: viridis, trimmed to what is visible on the surface
  readonly categories: readonly string[] // unordered levels
  readonly others: string // the levels beyond the categories
}

const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    background: '#F7F7F5',
    surface: '#FFFFFF',
    sunken: '#EFEFEC',
    line: '#DEDED9',
    ink: '#1C1D1F',
    ink2: '#55585C',
    ink3: '#66696E',
    accent: '#0B5CAD',
    good: '#1B7A3D',
    warn: '#8A5A00',
    bad: '#B3261E',
    ramp: ['#440154', '#482878', '#3E4A89', '#31688E', '#26828E', '#1B9A7F'],
    categories: ['#0072B2', '#D55E00', '#007A5E', '#A8327D', '#8A6A00', '#5B4FC4', '#4A4D52', '#B3261E'],
    others: '#85888D',
  },
  dark: {
    background: '#15171A',
    surface: '#1C1F23',
    sunken: '#111316',
    line: '#32363C',
    ink: '#ECEDEE',
    ink2: '#B4B8BD',
    ink3: '#8F949A',
    accent: '#6CB2FF',
    good: '#5CC98A',
    warn: '#E0B04A',
    bad: '#FF8A80',
    ramp: ['#26828E', '#1F9E89', '#35B779', '#6DCD59', '#B4DE2C', '#FDE725'],
    categories: ['#56B4E9', '#FF9E4A', '#2BC79A', '#F08CC8', '#E6CC4D', '#A79BFF', '#C4C8CD', '#FF8A80'],
    others: '#7C8187',
  },
}

/** The fonts of a chart: what a report embeds comes first, so that its charts measure as they print. */
export const chartFont = "'Noto Sans JP Variable', 'Noto Sans JP', system-ui, sans-serif"

/** The second channel beside colour: markers in this order by level. */
export const markers: readonly string[] = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'emptyCircle',
  'emptyRect',
  'emptyTriangle',
  'emptyDiamond',
]

export function palette(theme: Theme): Palette {
  return palettes[theme]
}

/**
 * One colour for each of `count` levels, in the order of the levels. Ordered levels are spread evenly over the ramp, its ends
 * included, and interpolated between its stops (linearly in sRGB: neighbouring stops are close); unordered ones take the
 * categories and, from the ninth on, the one grey of "others".
 */
export function levelColours(theme: Theme, count: number, ordered: boolean): string[] {
  assert(Number.isInteger(count) && count >= 0, `levelColours: expected a whole number of levels, got ${count}`)
  const { ramp, categories, others } = palettes[theme]
  return Array.from({ length: count }, (_, level) =>
    ordered ? alongRamp(ramp, count === 1 ? 0.5 : level / (count - 1)) : (categories[level] ?? others),
  )
}

/** The marker of each of `count` levels; they repeat after the eighth. */
export function levelMarkers(count: number): string[] {
  return Array.from({ length: count }, (_, level) => markers[level % markers.length] ?? 'circle')
}

/** The colour of a number between the least and the largest of a map: `position` from 0 to 1 along the ramp of ordered levels. */
export function rampColour(theme: Theme, position: number): string {
  assert(position >= 0 && position <= 1, `rampColour: expected a position from 0 to 1, got ${position}`)
  return alongRamp(palettes[theme].ramp, position)
}

function alongRamp(ramp: readonly string[], position: number): string {
  const place = position * (ramp.length - 1)
  const left = Math.min(Math.floor(place), ramp.length - 2)
  const [from, to] = [ramp[left], ramp[left + 1]]
  assert(from !== undefined && to !== undefined, 'alongRamp: a ramp has at least two stops')
  const share = place - left
  if (share === 0) return from
  if (share === 1) return to
  return mix(from, to, share)
}

function mix(from: string, to: string, share: number): string {
  const channel = (hex: string, start: number) => Number.parseInt(hex.slice(start, start + 2), 16)
  const mixed = [1, 3, 5].map((start) => Math.round(channel(from, start) * (1 - share) + channel(to, start) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`.toUpperCase()
}
