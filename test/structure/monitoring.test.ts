import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { sql } from '../../sql/database/database.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

const read = (file: string) => readFileSync(new URL(`../../workers/fleet/${file}`, import.meta.url), 'utf8');

type Rule = { alert: string; expr: string; for?: string; labels: { severity: string }; annotations: Record<string, string> };
type Panel = { id: number; title: string; gridPos: { x: number; w: number }; targets?: { expr: string; legendFormat: string }[] };
const { groups }: { groups: { rules: Rule[] }[] } = parse(read('monitoring/alerts.yml'));
const rules = groups.flatMap((group) => group.rules);
const dashboard: { panels: Panel[] } = JSON.parse(read('monitoring/dashboard.json'));
const targets = dashboard.panels.flatMap((panel) =>
  (panel.targets ?? []).map(({ expr }) => [`${panel.title}: ${expr}`, expr] as const),
);
const expressions = [...rules.map(({ alert, expr }) => [`${alert}: ${expr}`, expr] as const), ...targets];

/** What Prometheus itself says of whom it asks. */
const ITS_OWN = new Set(['up']);
const FUNCTIONS = /^(sum|max|min|by|rate|delta|time|vector|histogram_quantile|or|le)$/;
/** The labels Prometheus adds, and what the API's figures of requests and processes are told apart by. */
const ADDED = new Set(['job', 'instance', 'le']);

let api: TestApi;
let dataDir: string;
/** The names of series `GET /metrics` shows, each with its labels. */
let series: Map<string, Set<string>>;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'studio-fleet-monitoring-'));
  api = await testApi({ settings: { FLEET_DATA_DIR: dataDir, BACKUP_DIR: dataDir } });
  await api.db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date, status, completed_at)
    values ('generation', 'a', current_date, 'success', now())`);
  await api.db.query(sql.unsafe`
    insert into schedule_ticks (schedule, nominal_at, outcome, alarmed_at) values ('generation', now(), 'enqueued', now())`);
  await api.db.query(sql.unsafe`
    insert into alerts (fingerprint, template, first_at, last_at, told_at) values ('disk_low:data', 'disk_low', now(), now(), now())`);
  await api.db.query(sql.unsafe`
    insert into backups (kind, file, started_at, finished_at, bytes, sha256, schema_version, row_counts, verified_at)
    values ('dump', 'nightly/a.dump', now(), now(), 1, repeat('a', 64), 1, '{}', now())`);
  await api.db.query(sql.unsafe`
    insert into daily_figures (day, active_students, trainings_held, trainings_cancelled, present, absent, received_minor,
      payments_cancelled_minor, refunded_minor, invoiced_minor, invoices_cancelled_minor, new_registrations)
    values ('2024-03-01', 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1)`);
  await notifyAdmins(api.db, [1], [{ template: 'worker_down', params: { worker: 'finance', seconds: 60 }, dedupe: 'x' }]);
  await noteHeartbeat(api.db, 'generation', 'host');
  await api.get('/schedule');
  series = new Map();
  for (const line of (await api.get('/metrics')).text.split('\n')) {
    const [, name, labels = ''] = /^([a-z_][a-z_0-9]*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const known = series.get(name) ?? new Set();
    for (const [, label] of labels.matchAll(/([a-z_]+)="/g)) known.add(String(label));
    series.set(name, known);
  }
});
afterAll(async () => {
  await api.close();
  rmSync(dataDir, { recursive: true });
});

const metricsOf = (expr: string) =>
  [...expr.replaceAll(/\{[^}]*\}|"[^"]*"|\[[^\]]*\]|\bby \([^)]*\)/g, '').matchAll(/\b[a-z_][a-z_0-9]*\b/g)]
    .map(([name]) => name)
    .filter((name) => !FUNCTIONS.test(name) && !/^\d|^e9$/.test(name));

const labelsOf = (expr: string) => [
  ...[...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/([a-z_]+)(?:=~|!=|=)/g)].map(([, name]) => name),
  ),
  ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inside = '']) => inside.split(',').map((name) => name.trim())),
];

test.each(expressions)('%s: names figures and labels that /metrics has', (_, expr) => {
  const metrics = metricsOf(expr);
  expect(metrics).not.toEqual([]);
  expect(metrics.filter((name) => !series.has(name) && !ITS_OWN.has(name))).toEqual([]);
  const known = new Set([...ADDED, ...metrics.flatMap((name) => [...(series.get(name) ?? [])])]);
  expect(labelsOf(expr).filter((label) => !known.has(String(label)))).toEqual([]);
});

test('a figure that is not there is found', () => {
  expect(metricsOf('sum(rate(fleet_nothing{a="b"}[5m])) > 1')).toEqual(['fleet_nothing']);
  expect(series.has('fleet_nothing')).toBe(false);
});

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  '%s has its paragraph in the runbook, with its severity',
  (name, rule) => {
    const [, paragraph = ''] = read('RUNBOOK.md').split(`\n### ${name}\n`);
    const severity = rule.labels.severity.replace(/^./, (first) => first.toUpperCase());
    expect(paragraph.trim()).toMatch(new RegExp(`^${severity}\\. \\S`));
    expect(rule.annotations.summary).toBeTruthy();
    expect(rule.annotations.runbook).toBe(`workers/fleet/RUNBOOK.md#${name.toLowerCase()}`);
  },
);

test('the runbook describes no alert that there is not, and no name is there twice', () => {
  const described = [...read('RUNBOOK.md').matchAll(/^### (Fleet\w+)$/gm)].map(([, name]) => name);
  expect(described.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  expect(new Set(described).size).toBe(described.length);
});

test('the dashboard’s panels have numbers of their own and stand within its 24 columns', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});
