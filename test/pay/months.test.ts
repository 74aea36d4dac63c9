import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import { dueLines, insertSheet } from '../../sql/pay/due.ts';
import type { PayLine } from '../../sql/pay/rows.ts';
import { firstClosed, linesOfSheet } from '../../sql/pay/sheets.ts';
import { paySheetOf } from '../../workers/pay/sheets.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { rounds } from '../support/nightly-only.ts';
import { studio } from '../support/studio.ts';
import { after, SlowLedger, SlowPay, type Tables, type Wages } from './slow.ts';

const WORLDS = rounds({ daily: 4, nightly: 25 });
const MONTHS = 12;
const TODAY = '2025-06-15';
const ZONES = ['Europe/Moscow', 'Europe/Berlin', 'America/New_York', 'Pacific/Auckland'];

let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = studio(db);
});
afterAll(() => database.close());

const run = (query: ReturnType<typeof sql.unsafe>) => db.query(query);
const ids = sql.type(z.object({ id: z.int() }));

/** A generator of numbers below 1 that gives the same for the same seed (mulberry32). */
function numbersOf(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function tablesOf(): Promise<Tables> {
  const read = (table: string) =>
    db.any(sql.type(z.record(z.string(), z.unknown()))`select * from ${sql.identifier([table])} order by id`);
  const names = [
    'real_trainings',
    'real_training_students',
    'pay_rates',
    'invoices',
    'session_entries',
    'student_subscriptions',
  ] as const;
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, [...(await read(name))]]))) as Tables;
}

const asWages = (lines: readonly PayLine[]): Wages =>
  new Map(lines.map((line) => [`${line.is_correction ? 'again ' : ''}${line.kind} ${line.source_id}`, line.amount_minor]));
const sorted = (wages: Wages) => [...wages].sort(([a], [b]) => a.localeCompare(b));

/** A studio of some months, in a zone of its own, and what may happen to it afterwards. */
async function world(seed: number) {
  await emptyStudio(db);
  const next = numbersOf(seed);
  const zone = ZONES[seed % ZONES.length] as string;
  const upTo = (most: number) => Math.floor(next() * most);
  const oneOf = <T>(list: readonly T[]): T => list[upTo(list.length)] as T;
  const trainers = [await make.trainer(), await make.trainer(), await make.trainer()];
  const types = [await make.type(), await make.type()];
  const students = [await make.student(), await make.student(), await make.student(), await make.student()];
  // A quarter past midnight, the morning, and half past eleven at night, of each day once: nobody is ever in two places.
  const slots = Array.from({ length: 365 * 3 }, (_, index) => {
    const day = new Date(Date.UTC(2024, 2, 1) + Math.floor(index / 3) * 86_400_000).toISOString().slice(0, 10);
    return `${day} ${['00:15', '10:00', '23:30'][index % 3]}`;
  });
  const isEdge = (slot: string) => /-01 00:15$/.test(slot) || slots[slots.indexOf(slot) + 1]?.slice(8, 10) === '01';
  const free = slots.map((slot) => ({ slot, by: isEdge(slot) ? next() / 6 : next() })).sort((a, b) => a.by - b.by);
  const takeSlot = () => (free.shift() as { slot: string }).slot;
  const amount = () => oneOf([null, 0, upTo(200_000)]);
  const card = (from: string) => {
    const type = oneOf([null, null, ...types]);
    return run(sql.unsafe`
      insert into pay_rates (trainer_id, training_type_id, valid_from, training_minor, head_minor, percent_bp, month_minor, created_by)
      values (${oneOf(trainers)}, ${type}, ${from}::date, ${amount()}, ${amount()}, ${oneOf([null, upTo(10_001)])},
        ${type === null ? amount() : null}, 'test')`);
  };
  const someDay = () => (slots[upTo(slots.length)] as string).slice(0, 10);
  for (const trainer of trainers)
    await run(sql.unsafe`
      insert into pay_rates (trainer_id, valid_from, training_minor, head_minor, percent_bp, month_minor, created_by)
      values (${trainer}, ${someDay()}::date, ${amount()}, ${1 + upTo(50_000)}, ${upTo(6_000)}, ${amount()}, 'test')`);
  for (let count = 0; count < 6; count += 1) await card(someDay());
  const held: number[] = [];
  for (const student of students) {
    const kept = await make.subscription({
      student,
      from: '2024-03-01',
      to: '2025-02-28',
      left: oneOf([null, 90, 97]),
    });
    await run(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id)
      values (${student}, ${student}, 'SUBSCRIPTION', ${1 + upTo(5_000_000)}, ${kept})`);
    held.push(kept);
  }
  /** Trainings with whom they charge how: by an invoice, a session, or not at all. */
  const trainings = async (count: number) => {
    const given = Array.from({ length: count }, () => ({
      type: oneOf(types),
      trainer: oneOf(trainers),
      at: takeSlot(),
      status: oneOf(['completed', 'completed', 'completed', 'scheduled']),
    }));
    const made = await db.anyFirst(ids`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status)
      select type, trainer, at::date, at::time, at at time zone ${zone}, (at at time zone ${zone}) + interval '30 minutes', 10, 0, status
      from jsonb_to_recordset(${sql.jsonb(given)}) as given (type int, trainer int, at timestamp, status text) returning id`);
    const seats = made.flatMap((training) =>
      students.flatMap((student, index) =>
        next() < 0.3
          ? []
          : [
              {
                training,
                student,
                status: oneOf(['PRESENT', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE']),
                how: oneOf(['invoice', 'invoice', 'session', 'session', 'nothing']),
                amount: 1 + upTo(300_000),
                held: held[index] as number,
              },
            ],
      ),
    );
    const listed = sql.fragment`
      select given.*, place.id as seat from jsonb_to_recordset(${sql.jsonb(seats)})
        as given (training int, student int, status text, how text, amount bigint, held int)
      left join real_training_students place on real_training_id = training and student_id = student`;
    await run(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) select training, student, status from (${listed}) as given`);
    await run(sql.unsafe`
      with bill as (
        insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no)
        select student, student, 'TRAINING', amount, seat, 0 from (${listed}) as given where how = 'invoice' returning id, real_training_student_id as seat
      ), entry as (
        insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason)
        select held, seat, 0, case when sessions_left is null then 0 else -1 end, 'training'
        from (${listed}) as given join student_subscriptions own on own.id = held where how = 'session'
        returning id, real_training_student_id as seat
      )
      update real_training_students place set invoice_id = bill.id, session_entry_id = entry.id, charged_at = now()
      from bill full join entry using (seat) where place.id = seat`);
  };
  await trainings(120);
  const anyTraining = sql.fragment`(select id from real_trainings where status <> 'cancelled' order by md5(id::text || ${String(seed)}) offset ${upTo(90)} limit 1)`;
  const anySeat = () =>
    sql.fragment`(select id from real_training_students order by md5(id::text || ${String(upTo(1_000))}) limit 1)`;
  const happenings = [
    () => card(someDay()),
    () => trainings(1),
    () => run(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${anyTraining}`),
    // A substitute, found out afterwards.
    () =>
      run(sql.unsafe`
      update real_trainings set regular_trainer_id = trainer_id, trainer_id = ${oneOf(trainers)} where id = ${anyTraining}`),
    () =>
      run(sql.unsafe`
      update real_trainings set training_date = at::date, start_time = at::time, starts_at = at at time zone ${zone},
        ends_at = (at at time zone ${zone}) + interval '30 minutes'
      from (select ${takeSlot()}::timestamp as at) as given where id = ${anyTraining}`),
    () => run(sql.unsafe`update real_trainings set status = 'completed' where id = ${anyTraining}`),
    () =>
      run(sql.unsafe`
      update real_training_students set status = case status when 'PRESENT' then 'ABSENT' else 'PRESENT' end where id = ${anySeat()}`),
    () =>
      run(sql.unsafe`
      update invoices set status = 'CANCELLED', cancelled_at = now()
      where id = (select invoice_id from real_training_students where id = ${anySeat()})`),
    () =>
      run(
        sql.unsafe`update real_training_students set session_entry_id = null, invoice_id = null, returns = returns + 1 where id = ${anySeat()}`,
      ),
    () =>
      run(sql.unsafe`
      update invoices set status = 'CANCELLED', cancelled_at = now() where student_subscription_id = ${oneOf(held)} and ${next()} < 0.2`),
  ];
  return {
    zone,
    trainers,
    isLucky: (chance: number) => next() < chance,
    async happens() {
      for (let count = 0; count < 4; count += 1) await oneOf(happenings)();
    },
  };
}

test(`${WORLDS * MONTHS} months of studios, with what changed after they were closed, are paid as one row at a time says`, async () => {
  let [corrections, lines] = [0, 0];
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const { zone, trainers, isLucky, happens } = await world(seed);
    const ledger = new SlowLedger();
    let month = '2024-03';
    for (let count = 0; count < MONTHS; count += 1, month = after(month)) {
      const slow = new SlowPay(await tablesOf(), zone);
      const first = `${month}-01`;
      const begun = await firstClosed(db);
      const all = await dueLines(db, { month: first, begun, trainerId: null });
      const closing: [number, Wages][] = [];
      for (const trainer of trainers) {
        const expected = ledger.due(slow, trainer, month);
        const own = all.filter((line) => line.trainer_id === trainer);
        expect([seed, month, trainer, ...sorted(asWages(own))]).toEqual([seed, month, trainer, ...sorted(expected)]);
        lines += own.length;
        corrections += own.filter(({ is_correction }) => is_correction).length;
        closing.push([trainer, expected]);
      }
      for (const [trainer, expected] of closing) {
        // Some months are left open, and the ones after them have to wait unless there is nothing in them.
        const waitsFor = ledger.waitsFor(slow, trainer, month);
        if (waitsFor !== null || isLucky(0.1)) {
          const sheet = await paySheetOf(db, trainer, first, TODAY);
          expect(sheet).toMatchObject({ state: 'open', waits_for: waitsFor && `${waitsFor}-01` });
          continue;
        }
        // The first one closed moves the month with which everybody begins.
        const due = begun === null ? ledger.due(slow, trainer, month) : expected;
        const total = await insertSheet(db, { trainerId: trainer, month: first, begun: await firstClosed(db) }, 'test');
        ledger.close(trainer, month, due);
        expect(total).toBe([...due.values()].reduce((sum, value) => sum + value, 0));
      }
      await happens();
    }
    const written = await Promise.all(
      (await db.anyFirst(ids`select id from pay_sheets order by id`)).map((id) => linesOfSheet(db, id)),
    );
    const totals = await db.oneFirst(
      sql.type(z.object({ sum: z.int() }))`select coalesce(sum(total_minor), 0)::int8 as sum from pay_sheets`,
    );
    expect(written.flat().reduce((sum, { amount_minor }) => sum + amount_minor, 0)).toBe(totals);
  }
  // Else nothing was compared.
  expect(lines).toBeGreaterThan(36 * WORLDS);
  expect(corrections).toBeGreaterThan(10 * WORLDS);
}, 900_000);
