import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { type CleanupNight, cleanupNight, countOf } from './night.ts';

const D = '2026-06-15';
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight();
});
afterAll(() => night.close());

/** A row that is over by a minute, and one that is not. */
const both = sql.fragment`(values (1, interval '-1 minute'), (2, interval '1 minute')) as given (n, later)`;

test('ended sessions, links and codes go, live ones stay', async () => {
  const { db } = night;
  const person = await night.make.student();
  const fill = (statement: ReturnType<typeof sql.fragment>) => db.query(sql.unsafe`${statement}`);
  await fill(sql.fragment`insert into sessions (user_id, token_hash, opened_by, expires_at)
    select ${person}, sha256(n::text::bytea), 'password', now() + later from ${both}`);
  await fill(sql.fragment`insert into sign_in_links (token_hash, purpose, user_id, created_by, expires_at, used_at)
    select sha256((n || used::text)::bytea), 'password', ${person}, 'test', now() + later, case when used then now() end
    from ${both}, unnest(array[true, false]) as used`);
  await fill(sql.fragment`insert into sign_in_failures (login_hash, device, failures, last_at)
    select sha256(n::text::bytea), '', 5, now() - interval '15 minutes' + later from ${both}`);
  await fill(sql.fragment`insert into used_init_data (hash, used_at)
    select sha256(n::text::bytea), now() - interval '2 hours' + later from ${both}`);
  await fill(sql.fragment`insert into registrations (token_hash, first_name, last_name, email, text_version, expires_at)
    select sha256(n::text::bytea), 'A', '', 'a@example.com', '1', now() + later from ${both}`);
  await fill(sql.fragment`insert into consents (user_id, kind, text_version, given_by, given_at)
    values (${person}, 'processing', '1', 'test', now() - interval '10 years')`);
  expect((await night.clean(D)).result).toMatchObject({ sign_in_rows_deleted: 6 });
  const left = await Promise.all(
    ['sessions', 'sign_in_links', 'sign_in_failures', 'used_init_data', 'registrations', 'consents'].map((table) =>
      countOf(db, table),
    ),
  );
  expect(left).toEqual([1, 2, 1, 1, 1, 1]);
  expect((await night.clean(D)).result).toMatchObject({ sign_in_rows_deleted: 0 });
});
