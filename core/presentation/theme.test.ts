import { describe, expect, test } from 'vitest'
import { levelColours, levelMarkers, palette, type Theme } from './theme.ts'

/** Relative luminance and contrast ratio as WCAG 2.2 defines them. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r = 0, g = 0, blue = 0] = [1, 3, 5].map((start) => {
      const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue
  }
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const themes: readonly Theme[] = ['light', 'dark']

describe('theme', () => {
  test.each(themes)('every colour of a level has contrast of at least 3 on the surface of the %s theme', (theme) => {
    const { surface } = palette(theme)
    for (const colour of [...levelColours(theme, 25, true), ...levelColours(theme, 12, false)])
      expect(contrast(colour, surface), colour).toBeGreaterThanOrEqual(3)
  })

  test.each(themes)('text has contrast of at least 4.5 on the surface of the %s theme', (theme) => {
    const { surface, ink, ink2, ink3, accent, good, warn, bad } = palette(theme)
    for (const colour of [ink, ink2, ink3, accent, good, warn, bad]) expect(contrast(colour, surface), colour).toBeGreaterThanOrEqual(4.5)
  })

  test('six ordered levels are the six stops of the ramp, in order', () => {
    expect(levelColours('light', 6, true)).toEqual(['#440154', '#482878', '#3E4A89', '#31688E', '#26828E', '#1B9A7F'])
  })

  test('ordered levels keep both ends of the ramp and differ from each other', () => {
    for (const count of [2, 3, 10, 30]) {
      const colours = levelColours('dark', count, true)
      expect([colours.at(0), colours.at(-1)]).toEqual(['#26828E', '#FDE725'])
      expect(new Set(colours).size).toBe(count)
    }
  })

  test('the level half-way between two stops has the mean of their channels', () => {
    expect(levelColours('light', 11, true)[1]).toBe('#461566') // #440154, #482878: 44+48=46, 01+28=14.5, 54+78=66 (halves, hexadecimal)
  })

  test('unordered levels beyond the eighth share one grey', () => {
    const colours = levelColours('light', 10, false)
    expect(new Set(colours.slice(0, 8)).size).toBe(8)
    expect(colours[8]).toBe(colours[9])
    expect(colours.slice(0, 8)).not.toContain(colours[8])
  })

  test('no level has no colour; one has one', () => {
    expect(levelColours('light', 0, true)).toEqual([])
    expect(levelColours('light', 1, true)).toHaveLength(1)
    expect(new Set(levelMarkers(8)).size).toBe(8)
  })
})
