import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { wallOf } from '../../api/web/kit/zone.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { followChanges } from '../../workers/undo/follow.ts';
import { salon } from '../bookings/salon.ts';
import { backendKinds } from '../support/backends.ts';
import { inDays } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import type { Json } from '../support/front-door.ts';
import { rounds, sequences } from '../support/nightly-only.ts';
import { personOf } from '../support/people.ts';
import { type Accepted, actor, type Doing } from './board-acting.ts';
import { boardOf, instantAt, trainingAt } from './board-hand.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

/**
 * Two people at two browsers move, resize, call off and take back at random on the board of one day, often the same entry at the same
 * moment. In the end both boards show what the database says, and what was accepted is there: once each, and nothing else. A day of the
 * board takes so many pairs of acts; by night there are many such days.
 */
const PAIRS = 20;
const DAYS = rounds({ daily: 1, nightly: 25 });
const LONG_MS = rounds({ daily: 600_000, nightly: 7_200_000 });
const [TRAINERS, TRAININGS, BOOKINGS] = [3, 6, 4];
/** Told whenever something fails: `PROPERTY_SEED` plays it again. */
const seed = sequences.seed ?? Date.now() % 1_000_000_007;

const act = fc.record({
  kind: fc.constantFrom('move', 'move', 'move', 'move', 'resize', 'resize', 'cancel', 'undo', 'undo', 'undo'),
  entry: fc.nat({ max: TRAININGS + BOOKINGS - 1 }),
  column: fc.nat({ max: TRAINERS - 1 }),
  quarter: fc.nat({ max: 44 }),
  by: fc.constantFrom(-30, -15, 15, 30, 60),
  agrees: fc.constantFrom(true, true, true, false),
  byKey: fc.boolean(),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;
const pair = fc.record({ one: act, other: act, isSameEntry: fc.boolean() });

let world: ConsoleWorld;
let make: ReturnType<typeof salon>;
let [trainers, clients, service, type] = [[] as number[], [] as number[], 0, 0];

const doingOf = ({ kind, entry, column, quarter, by, agrees, byKey }: Act, keys: readonly string[]): Doing => {
  const key = keys[entry] as string;
  if (kind === 'move') return { kind, key, column: `trainer-${trainers[column]}`, minute: 480 + quarter * 15, agrees };
  if (kind === 'resize') return { kind, key, by, agrees };
  return kind === 'cancel' ? { kind, key } : { kind: 'undo', byKey };
};

/** Trainings and bookings of a day, by their keys on the board. */
async function aDay(day: string): Promise<string[]> {
  const keys: string[] = [];
  for (let n = 0; n < TRAININGS; n += 1) {
    const clock = `${10 + Math.floor(n / TRAINERS) * 2}:00`;
    const id = await trainingAt(world, { type, trainer: trainers[n % TRAINERS] as number, day, clock });
    await world.api.db.query(
      sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${id}, ${clients[n % TRAINERS] as number})`,
    );
    keys.push(`training-${id}`);
  }
  for (let n = 0; n < BOOKINGS; n += 1) {
    const { status, body } = await world.api.post('/bookings', {
      client_id: clients[n],
      service_id: service,
      specialist_id: trainers[n % TRAINERS],
      starts_at: instantAt(world, day, `${14 + n}:00`),
    });
    expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
    keys.push(`booking-${body.id}`);
  }
  return keys;
}

type Stored = { key: string; line: string; version: number; starts_at: string; ends_at: string };
/** What the database says of a day, as a board shows it: whose column, from when until when, in which state. */
async function stored(day: string): Promise<Stored[]> {
  const { get, fleet } = world.api;
  const span = `from=${day}&to=${day}&limit=200`;
  const [trainings, bookings] = await Promise.all([get(`/real-trainings?${span}`), get(`/bookings?${span}`)]);
  const states: Record<string, string> = {
    scheduled: 'planned',
    CONFIRMED: 'planned',
    cancelled: 'cancelled',
    CANCELLED: 'cancelled',
  };
  const clock = (instant: string) => wallOf(instant, fleet.settings.zone).slice(11, 16);
  const of = (kind: string, who: string) => (one: Json) => {
    const { id, version, starts_at, ends_at, status } = one;
    const line = `${kind}-${id} trainer-${one[who]} ${clock(starts_at)}–${clock(ends_at)} ${states[status]}`;
    return { key: `${kind}-${id}`, line, version, starts_at, ends_at };
  };
  return [...trainings.body.items.map(of('training', 'trainer_id')), ...bookings.body.items.map(of('booking', 'specialist_id'))];
}
const shown = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('.track .entry [data-entry]')].map((one) => {
    const times = one.querySelector('.line').textContent.split(',')[0];
    const state = ['planned', 'cancelled'].find((word) => one.closest('.entry').classList.contains(word));
    return [one.dataset.entry, one.closest('[data-column]').dataset.column, times, state].join(' ');
  })`);

/** Nothing can be taken back any more, and the finance worker has done what it does. */
async function timePasses() {
  const { db, fleet } = world.api;
  const open = (await db.anyFirst(sql.unsafe`select id from finance_requests where status = 'open' order by id`)) as number[];
  for (const id of open) await answerRequest(db, id, fleet.settings.zone);
  await db.query(sql.unsafe`update undos set until = clock_timestamp() where until > clock_timestamp()`);
  await followChanges(db);
}

/** Each change grew a version by one, and the last one is what stands there. */
function nothingLost(all: readonly Accepted[], now: readonly Stored[]) {
  const keyOf = new Map(all.flatMap(({ href, key }) => (href && key ? [[href, key] as const] : [])));
  const changes = [
    ...new Set(all.flatMap(({ what, href }) => (href === null ? [] : [`${what === 'undo' ? 'undo' : 'do'} ${href}`]))),
  ];
  for (const { key, version, starts_at, ends_at } of now) {
    const own = changes.filter((change) => keyOf.get(change.split(' ')[1] as string) === key);
    expect({ seed, key, own, version }).toEqual({ seed, key, own, version: 1 + own.length });
    const last = all.find((one) => one.key === key && one.what === 'move' && one.answer.version === version);
    if (last)
      expect({ seed, key, starts_at, ends_at }).toMatchObject({ starts_at: last.answer.starts_at, ends_at: last.answer.ends_at });
  }
  return changes.length;
}

describe.each(backendKinds)('with queues in %s', (backend) => {
  beforeAll(async () => {
    if (!process.env.TEST_CHROMIUM) return;
    world = await consoleWorld({ RATE_LIMIT_PER_MINUTE: '1000000' }, { isEmpty: true, backend });
    make = salon(world.api.db);
    [service, type] = [await make.service(), await make.type()];
    [trainers, clients] = [[], []];
    for (let n = 0; n < TRAINERS; n += 1) trainers.push(await make.specialist([service]));
    for (let n = 0; n < BOOKINGS; n += 1) clients.push(await make.student());
  });
  afterAll(() => world?.close());

  inBrowser(
    'whatever two people do at once, both boards show what the database says: nothing is lost, nothing is doubled',
    async () => {
      const people = [await personOf(world.api, 'owner'), await personOf(world.api, 'admin')] as const;
      const drawn = fc.sample(pair, { seed, numRuns: PAIRS * DAYS });
      const count = { changes: 0, back: 0 };
      for (let n = 0; n < DAYS; n += 1) {
        const day = inDays(20 + n);
        const keys = await aDay(day);
        const pages = await Promise.all(people.map((person) => boardOf(world, person, `date=${day}`)));
        const desks = pages.map((page) => actor(page));
        await eventually(async () => (await Promise.all(pages.map(shown))).every((lines) => lines.length === keys.length));
        for (const { one, other, isSameEntry } of drawn.slice(n * PAIRS, (n + 1) * PAIRS)) {
          const second = isSameEntry ? { ...other, entry: one.entry } : other;
          await Promise.all([one, second].map((of, at) => desks[at]?.act(doingOf(of, keys))));
        }

        const now = await stored(day);
        const lines = now.map(({ line }) => line).sort();
        expect(now.map(({ key }) => key).sort()).toEqual([...keys].sort());
        for (const page of pages) {
          const isSame = async () => JSON.stringify((await shown(page)).sort()) === JSON.stringify(lines);
          await eventually(isSame).catch(() => undefined);
          expect({ seed, day, shown: (await shown(page)).sort() }).toEqual({ seed, day, shown: lines });
        }
        const all = (await Promise.all(desks.map((desk) => desk.accepted()))).flat();
        count.changes += nothingLost(all, now);
        count.back += all.filter(({ what }) => what === 'undo').length;
        await timePasses();
        expect(await stored(day)).toEqual(now);
        await Promise.all(pages.map((page) => page.context().close()));
      }
      expect(await auditBooks(world.api.db, inDays(-1))).toEqual([]);
      // A refusal is logged by the browser as an error of its own; nothing else is.
      expect(world.complaints().filter((line) => !/status of 409/.test(line))).toEqual([]);
      // It has really been a struggle.
      expect({ ...count, isMany: count.changes > PAIRS * DAYS * 0.4 && count.back > 0 }).toMatchObject({ isMany: true });
    },
    LONG_MS,
  );
});
