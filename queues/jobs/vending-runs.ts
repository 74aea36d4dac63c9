import { z } from 'zod';
import type { Day } from '../time/calendar.ts';
import { anyDay, exampleDay, instant } from '../time/days.ts';
import { again, patient } from './run-definition.ts';

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;

const ownerId = z
  .int({ error: 'the id of a vending owner' })
  .min(1, { error: 'the id of a vending owner' })
  .max(2_147_483_647, { error: 'the id of a vending owner' })
  .meta({ examples: [1] });
const oneOwner = ownerId.optional().meta({ description: 'that owner alone; by default all' });
/** For an instant: its slot of so many milliseconds names the run. */
const slotOf = (at: Date, ms: number) => `${new Date(Math.floor(at.getTime() / ms) * ms).toISOString().slice(0, 16)}Z`;

const skipped = z.array(z.object({ owner_id: z.int(), reason: z.string() }));
const counts = {
  pages: z.int(),
  processed: z.int().meta({ description: 'rows read, those of a page that was read again too' }),
  added: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  sales: z.int().meta({ description: 'of the rows added and updated, those that are sales' }),
  deducted: z.int().meta({ description: 'lines whose ingredients left the stock' }),
  returned: z.int().meta({ description: 'lines whose ingredients came back, since they were not poured after all' }),
  needs_recipe: z.int(),
  unknown_item: z.int(),
  unknown_terminal: z.int(),
  rejected: z.int(),
  tasks_created: z.int(),
};
export const importCounts = z.object(counts);
export type ImportCounts = z.output<typeof importCounts>;
export const noImportCounts = Object.fromEntries(Object.keys(counts).map((name) => [name, 0])) as ImportCounts;

const importResult = z.object({
  ...counts,
  owners: z.int().meta({ description: 'owners whose sales were read to the end' }),
  owners_skipped: skipped,
  owners_failed: skipped.meta({ description: 'owners whose sales were not read to the end, and why' }),
  period: z.object({ from: z.iso.datetime().nullable(), to: z.iso.datetime() }),
});

const imported = { worker: 'vending', result: importResult, retry: patient } as const;
const window = {
  from: instant.optional().meta({ description: 'sales from this instant on' }),
  to: instant.optional().meta({ description: 'up to this one; by default now' }),
};
const importParams = z.object({
  at: z.iso.datetime(),
  owner_id: z.int().optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
});

const isInOrder = ({ from, to }: { from?: string; to?: string }) => !from || !to || Date.parse(from) <= Date.parse(to);

type ImportBody = { owner_id?: number; from?: string; to?: string };
const asUtc = (instant: string | undefined) => instant && new Date(instant).toISOString();

/** An import of a schedule of its own: the same work, another window (V24). */
const importOf = <N extends string>(name: N) => ({
  ...imported,
  body: z.strictObject({}),
  params: importParams,
  request(_body: Record<string, unknown>, today: Day, at = new Date()) {
    return { run_key: `${name}:${today}`, process_date: today, params: { at: at.toISOString() } };
  },
});

/** What the worker `vending` does (V20-V28). */
export const vendingRuns = {
  vending_import: {
    ...imported,
    summary: 'Read the sales of the vending machines: the last day, and since the last time',
    path: '/vending/import',
    body: z.strictObject({ owner_id: oneOwner, ...window, again }).refine(isInOrder, { path: ['to'], error: 'from or later' }),
    params: importParams,
    request(body: ImportBody, today: Day, at = new Date()) {
      const { owner_id } = body;
      const [from, to] = [asUtc(body.from), asUtc(body.to)];
      const run_key = ['vending_import', slotOf(at, QUARTER_MS), owner_id, from && `from ${from}`, to && `to ${to}`]
        .filter((part) => part !== undefined)
        .join(':');
      const params = {
        at: at.toISOString(),
        ...(owner_id ? { owner_id } : {}),
        ...(from ? { from } : {}),
        ...(to ? { to } : {}),
      };
      return { run_key, process_date: today, params };
    },
    schedule: { pattern: '*/15 * * * *', misfire: 'latest', windowHours: 1, deadlineMinutes: 60 },
  },
  vending_import_day: {
    ...importOf('vending_import_day'),
    summary: 'Read the sales of the vending machines since the day before began',
    schedule: { pattern: '0 3 * * *', misfire: 'latest', windowHours: 20, deadlineMinutes: 180 },
  },
  vending_import_week: {
    ...importOf('vending_import_week'),
    summary: 'Read the sales of the vending machines of the last seven days',
    schedule: { pattern: '0 5 * * 0', misfire: 'latest', windowHours: 144, deadlineMinutes: 600 },
  },
  vending_history: {
    ...imported,
    summary: 'Read the sales of an owner from before the stock is kept, month by month; they touch no stock',
    path: '/vending/history',
    body: z.strictObject({
      owner_id: ownerId,
      from: anyDay.meta({
        description: 'the first day, by Moscow time',
        get examples() {
          return [exampleDay(-90)];
        },
      }),
      again,
    }),
    params: z.object({ owner_id: z.int(), from: z.iso.date() }),
    request(body: { owner_id?: number; from?: Day }, today: Day) {
      const { owner_id, from } = body;
      return { run_key: `vending_history:${owner_id}:${from}`, process_date: today, params: { owner_id, from } };
    },
  },
  vending_terminals: {
    worker: 'vending',
    summary: 'Read which vending machines there are and which are online',
    path: '/vending/terminals',
    body: z.strictObject({ owner_id: oneOwner, again }),
    result: z.object({
      owners: z.int(),
      terminals: z.int(),
      added: z.int(),
      went_offline: z.int(),
      deactivated: z.int(),
      owners_skipped: skipped,
      owners_failed: skipped,
    }),
    params: z.object({ at: z.iso.datetime(), owner_id: z.int().optional() }),
    request(body: { owner_id?: number }, today: Day, at = new Date()) {
      const { owner_id } = body;
      const run_key = `vending_terminals:${slotOf(at, QUARTER_MS)}${owner_id ? `:${owner_id}` : ''}`;
      return { run_key, process_date: today, params: { at: at.toISOString(), ...(owner_id ? { owner_id } : {}) } };
    },
    retry: patient,
    schedule: { pattern: '*/15 * * * *', misfire: 'latest', windowHours: 1, deadlineMinutes: 60 },
  },
  vending_payment_check: {
    worker: 'vending',
    summary: 'See which owners whose telemetry was unpaid or refused can be read again',
    path: '/vending/payment-check',
    body: z.strictObject({ again }),
    result: z.object({ checked: z.int(), recovered: z.array(z.int()) }),
    params: z.object({ date: z.iso.date() }),
    request: (_body: Record<string, unknown>, today: Day) => ({
      run_key: `vending_payment_check:${today}`,
      process_date: today,
      params: { date: today },
    }),
    retry: patient,
    schedule: { pattern: '0 4 * * *', misfire: 'latest', windowHours: 20, deadlineMinutes: 60 },
  },
  vending_deduction: {
    worker: 'vending',
    summary: 'Take from the stock what sales wait for: a recipe that is there now, or a terminal',
    body: z.strictObject({ owner_id: ownerId.optional() }),
    result: importCounts.pick({
      deducted: true,
      returned: true,
      needs_recipe: true,
      unknown_terminal: true,
      tasks_created: true,
    }),
    params: z.object({ at: z.iso.datetime(), owner_id: z.int() }),
    /** Each request is a run of its own: one that is under way may have looked already. */
    request: (body: { owner_id?: number }, today: Day, at = new Date()) => ({
      run_key: `vending_deduction:${body.owner_id}:${at.toISOString()}`,
      process_date: today,
      params: { at: at.toISOString(), owner_id: body.owner_id },
    }),
    retry: patient,
    repeats: true,
  },
  vending_digest: {
    worker: 'vending',
    summary: 'Tell each owner what came into the stock and left it, by place',
    body: z.strictObject({}),
    result: z.object({ entries: z.int(), messages: z.int() }),
    params: z.object({ at: z.iso.datetime() }),
    request: (_body: Record<string, unknown>, today: Day, at = new Date()) => ({
      run_key: `vending_digest:${slotOf(at, HOUR_MS)}`,
      process_date: today,
      params: { at: at.toISOString() },
    }),
    retry: patient,
    schedule: { pattern: '0 * * * *', misfire: 'latest', windowHours: 12, deadlineMinutes: 60 },
  },
  vending_summary: {
    worker: 'vending',
    summary: 'Tell each owner what the machines sold the day before',
    body: z.strictObject({}),
    result: z.object({ messages: z.int() }),
    params: z.object({ date: z.iso.date() }),
    request: (_body: Record<string, unknown>, today: Day) => ({
      run_key: `vending_summary:${today}`,
      process_date: today,
      params: { date: today },
    }),
    retry: patient,
    schedule: { pattern: '10 9 * * *', misfire: 'latest', windowHours: 12, deadlineMinutes: 120 },
  },
} as const;
