import type { Chart as ChartClass, ChartConfiguration, ChartType, Plugin } from 'chart.js';
import { byId } from './dom.js';

/** From `chart.js`, a classic script that the page loads. */
declare const Chart: typeof ChartClass;

export type AnyChart<Type extends ChartType> = ChartClass<
  Type,
  (number | null)[] | { x: number; y: number | null }[],
  string
>;

/** A colour of the style sheet in the current scheme, light or dark. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * Draws a chart, and redraws it when the colour scheme changes.
 *
 * @param configure - Returns the settings of the chart in the current colours.
 * @param onDrawn - Called with each new chart, to fill it.
 */
export function drawChart<Type extends ChartType>(
  id: string,
  configure: () => ChartConfiguration<Type, (number | null)[] | { x: number; y: number | null }[], string>,
  onDrawn: (chart: AnyChart<Type>) => void,
): void {
  let chart: AnyChart<Type> | undefined;
  const draw = (): void => {
    chart?.destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.color = colour('muted');
    Chart.defaults.borderColor = colour('grid');
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    chart = new Chart(byId(id, 'canvas'), configure());
    onDrawn(chart);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  draw();
}

export interface Line {
  readonly value: number;
  readonly label: string;
  readonly colour: string;
  /** Puts the label below the line instead of above it, for lines that are close together. */
  readonly isBelow?: boolean;
}

/** Dashed horizontal lines at values of `y`, with a label at the right end. */
export function levelLines(lines: () => readonly Line[]): Plugin {
  return {
    id: 'levelLines',
    afterDatasetsDraw: ({ ctx, chartArea: { left, right }, scales: { y } }) => {
      if (y === undefined) return;
      ctx.save();
      ctx.textAlign = 'right';
      ctx.setLineDash([5, 4]);
      for (const line of lines()) {
        const at = y.getPixelForValue(line.value);
        ctx.strokeStyle = ctx.fillStyle = line.colour;
        ctx.beginPath();
        ctx.moveTo(left, at);
        ctx.lineTo(right, at);
        ctx.stroke();
        ctx.textBaseline = line.isBelow === true ? 'top' : 'bottom';
        const labelAt = line.isBelow === true ? at + 3 : at - 2;
        // A halo, so that the label stays readable where the data cross it.
        ctx.save();
        ctx.setLineDash([]);
        ctx.lineWidth = 4;
        ctx.lineJoin = 'round';
        ctx.strokeStyle = colour('surface');
        ctx.strokeText(line.label, right - 4, labelAt);
        ctx.restore();
        ctx.fillText(line.label, right - 4, labelAt);
      }
      ctx.restore();
    },
  };
}

/** A dashed vertical line at the category with this index, with a label at the top. */
export function markColumn(
  column: () => { readonly index: number; readonly label: string } | undefined,
): Plugin {
  return {
    id: 'markColumn',
    afterDatasetsDraw: ({ ctx, chartArea: { top, bottom }, scales: { x } }) => {
      const mark = column();
      if (mark === undefined || x === undefined) return;
      const at = x.getPixelForValue(mark.index);
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour('bad');
      ctx.setLineDash([4, 3]);
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, bottom);
      ctx.stroke();
      ctx.textAlign = 'right';
      ctx.textBaseline = 'top';
      ctx.fillText(mark.label, at - 5, top + 2);
      ctx.restore();
    },
  };
}
