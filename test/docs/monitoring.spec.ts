import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Metric, Registry } from 'prom-client';
import { parse } from 'yaml';
import { OpenRouterMetrics } from '../../lib/metrics/index.js';

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

interface AlertRules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as Dashboard;
const rules = (parse(readFileSync('docs/prometheus-alerts.yaml', 'utf8')) as AlertRules).groups.flatMap(
  (group) => group.rules,
);
const targets = dashboard.panels.flatMap((panel) => panel.targets);
const expressions = [
  ...targets.map(({ expr }) => expr),
  ...dashboard.templating.list.map(({ query }) => JSON.stringify(query)),
  ...rules.map(({ expr }) => expr),
];

const registry = new Registry();
new OpenRouterMetrics({ registry });

/** Every series that the registry may show, with its labels; `job` and `instance` come from Prometheus. */
const series = new Map<string, readonly string[]>();
for (const metric of registry.getMetricsAsArray() as unknown as (Metric & {
  name: string;
  type: string;
  labelNames: readonly string[];
})[]) {
  const labels = [...metric.labelNames, 'job', 'instance'];
  if (metric.type === 'histogram') {
    series.set(`${metric.name}_bucket`, [...labels, 'le']);
    series.set(`${metric.name}_sum`, labels);
    series.set(`${metric.name}_count`, labels);
  } else {
    series.set(metric.name, labels);
  }
}

const namesIn = (text: string): string[] => text.match(/\bopenrouter_\w+/g) ?? [];

/** Labels that an expression picks by, or groups by. */
function labelsIn(expression: string): string[] {
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/));
  const picked = [...expression.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*\\?"/g)].map(([, label]) => label!);
  return [...grouped, ...picked];
}

describe('the Grafana dashboard and the Prometheus alert rules', () => {
  it('ask for series that there are', () => {
    expect(targets.length).toBeGreaterThan(9);
    expect(rules.length).toBeGreaterThan(7);
    for (const expression of expressions.filter((text) => text.includes('openrouter'))) {
      const names = namesIn(expression);
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((name) => !series.has(name))).toEqual([]);
    }
  });

  it('name labels that the series have', () => {
    for (const expression of expressions) {
      const known = namesIn(expression).flatMap((name) => series.get(name) ?? []);
      expect(labelsIn(expression).filter((label) => !known.includes(label))).toEqual([]);
    }
    expect(labelsIn('sum by (job, le) (x{account="a",outcome!="b"})')).toEqual([
      'job',
      'le',
      'account',
      'outcome',
    ]);
  });

  it('show every metric', () => {
    const shown = new Set(targets.flatMap(({ expr }) => namesIn(expr)));
    for (const metric of registry.getMetricsAsArray()) {
      const { name } = metric as unknown as { name: string };
      expect([...shown].some((seen) => seen.startsWith(name))).toBe(true);
    }
  });

  it('and the guide know the same metrics', () => {
    const guide = readFileSync('docs/observability.md', 'utf8');
    const table = /<!-- metrics -->(.*)<!-- \/metrics -->/s.exec(guide)?.[1] ?? '';
    const told = [...table.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)].map(([, name, labels]) => [
      name,
      labels!.replaceAll('`', '').split(', '),
    ]);
    const made = registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      return [name, labelNames];
    });
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(made));
  });

  it('know the codes that outcomes have', () => {
    const codes = expressions.flatMap((text) => text.match(/OPENROUTER_\w+/g) ?? []);
    const source = readFileSync('lib/errors/status.exceptions.ts', 'utf8');
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });

  it('tell people what they are about', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^OpenRouter[A-Z]\w+$/);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations['summary']).toMatch(/\$labels\.account/);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  it('have panels that do not lie on each other, within the width of the page', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
