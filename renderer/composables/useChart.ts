/** The life of one ECharts chart: made when its place is there, drawn once a frame at most, resized with its place, disposed with its owner. */
import { useResizeObserver } from '@vueuse/core'
import { CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import {
  AriaComponent,
  DatasetComponent,
  DataZoomComponent,
  GraphicComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  TooltipComponent,
} from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { LabelLayout, UniversalTransition } from 'echarts/features'
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers'
import { onScopeDispose, watch, type ShallowRef } from 'vue'
import type { EChartsOption } from '#core/presentation/charts/chart.ts'
import { useTiming } from '../client/timing.ts'

export type ChartRenderer = 'svg' | 'canvas'

let isRegistered = false

/** ECharts keeps its parts in a registry of its module; it is filled at the first chart, not at import. */
function register(): void {
  if (isRegistered) return
  isRegistered = true
  use([LineChart, ScatterChart, CustomChart, GridComponent, TooltipComponent, TitleComponent, LegendComponent, DataZoomComponent])
  use([DatasetComponent, MarkLineComponent, MarkAreaComponent, GraphicComponent, AriaComponent, LabelLayout, UniversalTransition])
  use([SVGRenderer, CanvasRenderer])
}

/**
 * Draws `option()` into `place` whenever it changes. A canvas is quicker from a few thousand points on; SVG is sharper and lighter below.
 */
export function useChart(
  place: Readonly<ShallowRef<HTMLElement | null>>,
  option: () => EChartsOption | null,
  renderer: ChartRenderer,
): void {
  register()
  const timing = useTiming()
  let chart: EChartsType | null = null
  let isScheduled = false

  function draw(): void {
    isScheduled = false
    const next = option()
    if (place.value === null || next === null) return
    chart ??= init(place.value, null, { renderer })
    chart.setOption(next, { notMerge: true, lazyUpdate: false })
  }

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    timing.frame(draw)
  }

  function end(): void {
    chart?.dispose()
    chart = null
  }

  watch([place, option], ([element], [before]) => {
    if (element !== before) end()
    schedule()
  })
  useResizeObserver(place, () => chart?.resize())
  onScopeDispose(end)
}
