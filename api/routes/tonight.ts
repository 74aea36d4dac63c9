import { z } from 'zod';
import type { RunName } from '../../queues/jobs/catalog.ts';
import { unfreezeResult } from '../../queues/jobs/results.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import type { Outcome } from '../../sql/runs/execute.ts';
import {
  chargeRow,
  chargesSince,
  ledgerEnds,
  nameOfEach,
  renewedRow,
  renewedSince,
  shortRow,
  shortSince,
} from '../../sql/runs/tonight.ts';
import { scheduleStates } from '../../sql/schedule/schedule.ts';
import { dryRun } from '../../workers/runner/dry-run.ts';
import { type Context, route } from '../http/route.ts';
import { performTick } from './dry-runs.ts';

/** What happens to people's money, sessions and subscriptions in a night. */
const NIGHTLY: readonly RunName[] = ['daily', 'auto_renewal', 'auto_unfreeze'];
/** Of the charges and renewals that are listed; the totals are of all. */
const MOST_SHOWN = 500;

const step = z.object({
  process_type: z.string(),
  at: z.iso.datetime(),
  is_paused: z.boolean().meta({ description: 'true: it does not happen, and is not part of the answer' }),
});
const person = z.object({ student_id: z.int(), student: z.string() });
const tonight = z
  .object({
    steps: z.array(step).meta({ description: 'by the time of their next ticks' }),
    marked: z.int().meta({ description: 'students who are marked as present' }),
    sessions: z.int(),
    invoices: z.int(),
    invoiced_minor: z.int(),
    charges: z.array(chargeRow).meta({ description: `at most ${MOST_SHOWN}, those that are not covered first` }),
    short: z.array(shortRow).meta({ description: 'payers whose wallets do not cover what is new tonight' }),
    renewals: z.array(renewedRow).meta({ description: `at most ${MOST_SHOWN}` }),
    not_renewed: z.array(person.extend({ subscription: z.string(), reason: z.string() })),
    unfrozen: z.array(person),
  })
  .meta({ id: 'Tonight' });

const warnings = z.array(z.object({ student_id: z.int(), subscription: z.string(), reason: z.string() })).catch([]);

export const tonightRoutes = [
  route({
    method: 'get',
    path: '/api/tonight',
    summary:
      'What the next night will charge, to whom, who is short, and what it renews; computed by a dry run of all of it in a row',
    tag: 'processes',
    scope: 'money:read',
    responses: { 200: tonight },
    handle: async (_, context) => ({ body: await lookAhead(context) }),
  }),
] as const;

async function lookAhead({ db, fleet, now }: Context): Promise<z.output<typeof tonight>> {
  const { settings, backend } = fleet;
  const steps = await stepsOf(db, settings.zone, now);
  return dryRun({ db, settings, backend }, 'tonight', now, async (perform, written) => {
    const ends = await ledgerEnds(written);
    let done: Partial<Record<RunName, Outcome>> = {};
    for (const { name, at, is_paused } of steps)
      if (!is_paused) done = { ...done, ...(await performTick(perform, name, at, settings.zone)) };
    const charges = await chargesSince(written, ends);
    const billed = charges.filter(({ amount_minor }) => amount_minor !== null);
    const missed = warnings.parse(done.auto_renewal?.details.warnings);
    const thawed = unfreezeResult.parse(done.auto_unfreeze?.result ?? []);
    const names = await nameOfEach(
      written,
      [...missed, ...thawed].map(({ student_id }) => student_id),
    );
    const who = (student_id: number) => ({ student_id, student: names.get(student_id) ?? '' });
    return {
      steps: steps.map(({ name, at, is_paused }) => ({ process_type: name, at: at.toISOString(), is_paused })),
      marked: done.attendance?.counts.students_processed ?? 0,
      sessions: charges.length - billed.length,
      invoices: billed.length,
      invoiced_minor: billed.reduce((sum, { amount_minor }) => sum + (amount_minor ?? 0), 0),
      charges: charges.slice(0, MOST_SHOWN),
      short: [...(await shortSince(written, ends))],
      renewals: (await renewedSince(written, ends)).slice(0, MOST_SHOWN),
      not_renewed: missed.map(({ student_id, subscription, reason }) => ({ ...who(student_id), subscription, reason })),
      unfrozen: thawed.map(({ student_id }) => who(student_id)),
    };
  });
}

/** The nightly processes in the order in which their next ticks come. */
async function stepsOf(db: Context['db'], zone: string, now: Date) {
  const states = await scheduleStates(db, now);
  return timetable
    .filter(({ run }) => NIGHTLY.includes(run))
    .map(({ run, name, pattern }) => ({
      name: run,
      at: nextTicks(pattern, zone, now, 1)[0] as Date,
      is_paused: states.some((state) => state.name === name && state.paused_at !== null),
    }))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
