import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { nightShift, register, trainingIn } from '../finance/night.ts';
import type { Json } from '../support/front-door.ts';

let night: Awaited<ReturnType<typeof nightShift>>;
beforeAll(async () => {
  night = await nightShift();
});
afterAll(() => night?.close());

const why = async (of: string, id: number) => (await night.api.get(`/api/why?of=${of}&id=${id}`)).body as Json;
const idOf = (query: ReturnType<typeof sql.unsafe>) => night.api.db.oneFirst(query).then(Number);

test('two charges of one night for trainings of one type each say which training they are for', async () => {
  const { api, make } = night;
  const [first, second] = [await trainingIn(night, 20, { price: 100_000 }), await trainingIn(night, 21, { price: 100_000 })];
  await api.db.query(sql.unsafe`
    update real_trainings set training_type_id = (select training_type_id from real_trainings where id = ${first.id}) where id = ${second.id}`);
  const [debtor, holder] = [await make.student(), await make.student()];
  for (const { id } of [first, second]) for (const student of [debtor, holder]) await register(api, id, student);
  const [from, to] = [addDays(first.training_date, -5), addDays(first.training_date, 20)];
  const held = await make.subscription({ student: holder, from, to, left: 3 });
  const date = addDays(second.training_date, -1);
  await api.post('/real-trainings/process-daily-operations', { date }, { headers: { Prefer: 'wait=30' } });
  const begin = (await api.db.anyFirst(sql.unsafe`
    select starts_at from real_trainings where id in (${first.id}, ${second.id}) order by starts_at`)) as string[];
  expect(begin).toHaveLength(2);
  const starts = (lines: Json[]) => lines.map(({ starts_at }) => starts_at);

  const owed = await why('owed', debtor);
  expect(starts(owed.parts)).toEqual(begin);
  for (const [n, { why: bill }] of owed.parts.entries()) {
    const invoice = await why(bill.of, bill.id);
    expect([invoice.starts_at, invoice.chain[0].starts_at]).toEqual([begin[n], begin[n]]);
  }
  const left = await why('sessions', held);
  expect(starts(left.parts)).toEqual([...begin.toReversed(), null]);
  const taken = await why('session', left.parts[0].id);
  expect([taken.starts_at, taken.chain[0].starts_at]).toEqual([begin[1], begin[1]]);
  const run = await idOf(sql.unsafe`select max(run_id) from invoices where payer_id = ${debtor}`);
  expect(starts((await why('run_invoices', run)).parts)).toEqual(begin);
  expect(starts((await why('run_sessions', run)).parts)).toEqual(begin);

  const { payment } = (await api.post('/api/payments', { payer_id: debtor, amount_minor: 200_000 })).body as Json;
  expect(starts((await why('payment', payment.id)).parts)).toEqual(begin);
  const balance = await why('balance', debtor);
  expect(starts(balance.parts)).toEqual([...begin.toReversed(), null]);
  const moved = await why('transaction', balance.parts[0].id);
  expect([moved.starts_at, moved.chain[0].kind, moved.chain[0].starts_at]).toEqual([begin[1], 'transaction', begin[1]]);
  const seat = await idOf(sql.unsafe`
    select id from real_training_students where student_id = ${holder} and real_training_id = ${second.id}`);
  expect((await why('visit', seat)).starts_at).toBe(begin[1]);
});
