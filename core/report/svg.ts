/**
 * A chart as SVG text, drawn without a page. ECharts numbers its ids through the whole process and keeps Node alive until a chart is
 * disposed; here ids count from the start of each picture, so that the same data give the same bytes, and every chart is disposed.
 */
import { CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { AriaComponent, GraphicComponent, GridComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { SVGRenderer } from 'echarts/renderers'
import type { EChartsOption } from 'echarts'
import { charts, type Figure } from '#core/presentation/charts/registry.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import type { Theme } from '#core/presentation/theme.ts'
import { escapeHtml, superscriptsSvg } from './escape.ts'

const size = { width: 720, height: 400 }

export type Drawing = { readonly theme: Theme; readonly words: Catalogue; readonly name: string; readonly alternative: string }

/** `name` sets the picture's ids apart from those of other pictures on the page. */
export function drawFigure(figure: Figure, { theme, words, name, alternative }: Drawing): string {
  return finish(render(optionOf(figure, theme, words)), name, alternative)
}

function optionOf(figure: Figure, theme: Theme, words: Catalogue): EChartsOption {
  switch (figure.kind) {
    case 'curves':
      return charts.curves.option(figure.data, theme, words)
    case 'levels':
      return charts.levels.option(figure.data, theme, words)
    case 'path':
      return charts.path.option(figure.data, theme, words)
    case 'phase':
      return charts.phase.option(figure.data, theme, words)
    case 'survival':
      return charts.survival.option(figure.data, theme, words)
    case 'transition':
      return charts.transition.option(figure.data, theme, words)
    default:
      return figure satisfies never
  }
}

function render({ tooltip: _, ...shown }: EChartsOption): string {
  // paper has no pointer, and ECharts warns of a tooltip without its component
  use([SVGRenderer, LineChart, ScatterChart, CustomChart, GridComponent, TitleComponent, GraphicComponent, AriaComponent, LabelLayout]) // using one twice changes nothing
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    chart.setOption(shown)
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

function finish(svg: string, name: string, alternative: string): string {
  const ids = new Map<string, string>()
  const renumbered = svg.replace(/zr\d+-([a-z]+)-?\d+/g, (id) => {
    const known = ids.get(id) ?? `${name}-${ids.size}`
    ids.set(id, known)
    return known
  })
  const head = `<svg role="img" aria-label="${escapeHtml(alternative)}"` // as wide as its place: ECharts has set the viewBox
  return renumbered
    .replace(/^<svg width="\d+" height="\d+"/, () => head)
    .replace(/>([^<>]+)<\/text>/g, (_, text: string) => `>${superscriptsSvg(text)}</text>`)
}
