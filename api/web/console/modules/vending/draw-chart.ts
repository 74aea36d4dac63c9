import { BarChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

type Bar = { title: string; value: number; shown: string };
type Colours = { bar: string; words: string; surface: string };
export type Drawing = { show(bars: readonly Bar[], colours: Colours): void; close(): void };

/** Draws bars into an element, as wide as it is. On a canvas: what the policy of our pages forbids (styles in markup) is not needed there. */
export function draw(place: HTMLElement): Drawing {
  const chart = init(place);
  const follow = new ResizeObserver(() => chart.resize());
  follow.observe(place);
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  return {
    show(bars, { bar, words, surface }) {
      const axis = {
        axisLabel: { color: words },
        axisLine: { lineStyle: { color: words, opacity: 0.3 } },
        axisTick: { show: false },
      };
      chart.setOption({
        animation: !isStill,
        animationDuration: 180,
        grid: { left: 8, right: 8, top: 16, bottom: 8, containLabel: true },
        tooltip: {
          trigger: 'axis',
          renderMode: 'richText',
          backgroundColor: surface,
          borderColor: words,
          textStyle: { color: words },
          formatter: (points: unknown) => {
            const known = bars[(points as { dataIndex: number }[])[0]?.dataIndex ?? -1];
            return known ? `${known.title}\n${known.shown}` : '';
          },
        },
        xAxis: { type: 'category', data: bars.map(({ title }) => title), ...axis },
        yAxis: { type: 'value', ...axis, axisLabel: { show: false }, splitLine: { lineStyle: { color: words, opacity: 0.15 } } },
        series: [
          {
            type: 'bar',
            data: bars.map(({ value }) => value),
            itemStyle: { color: bar, borderRadius: [4, 4, 0, 0] },
            barMaxWidth: 40,
          },
        ],
      });
    },
    close() {
      follow.disconnect();
      chart.dispose();
    },
  };
}
