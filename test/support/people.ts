import { sql } from '../../sql/database/database.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import type { TestApi } from './front-door.ts';
import { studio } from './studio.ts';

/** `guardian`: a client who looks after somebody else; name the children. */
export type PersonRole = 'owner' | 'admin' | 'trainer' | 'client' | 'guardian' | 'vending_owner';
export type TestPerson = Awaited<ReturnType<typeof personOf>>;

/**
 * Somebody of a role who is signed in: a trainer is a specialist, too, a client a student. `ask` sends a request with the cookie of the
 * session and no key.
 */
export async function personOf(api: TestApi, role: PersonRole, { children = [] as readonly number[] } = {}) {
  const { db } = api;
  const stored = role === 'guardian' ? 'client' : role;
  const make = studio(db);
  const id = await (stored === 'client' ? make.student() : make.user(`Somebody (${role})`, stored));
  if (stored === 'trainer') await db.query(sql.unsafe`insert into specialists (id) values (${id})`);
  for (const child of children)
    await db.query(sql.unsafe`insert into guardians (guardian_id, student_id) values (${id}, ${child}) on conflict do nothing`);
  const { token } = await openSession(db, { id, roles: [stored] }, 'password', { agent: 'test', address: '' }, new Date());
  const cookie = `sf_session=${token}`;
  return {
    id,
    token,
    cookie,
    ask: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      api.ask(method, path, { key: null, body, headers: { Cookie: cookie, ...headers } }),
  };
}
