import { sql } from '../../sql/database/database.ts';
import { hashPassword } from '../../workers/sign-in/hash.ts';
import type { Reply, TestApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

export const PASSWORD = 'a password of tests';

type Account = { role?: string; phone?: string; email?: string; login?: string; hash?: string | null; telegram?: number };

/** Somebody who can sign in; returns the id. `hash` null: without a password. */
export async function account({ db }: TestApi, { role = 'client', ...given }: Account) {
  const make = studio(db);
  const id = await (role === 'client' ? make.student() : make.user('Somebody', role));
  const { phone = null, email = null, login = null, telegram = null } = given;
  await db.query(sql.unsafe`
    update users set phone = ${phone}, email = ${email}, login = ${login}, telegram_id = ${telegram}::bigint where id = ${id}`);
  const hash = given.hash === undefined ? await hashPassword(PASSWORD) : given.hash;
  if (hash !== null) await db.query(sql.unsafe`insert into passwords (user_id, hash) values (${id}, ${hash})`);
  return id;
}

/** A cookie of an answer as a browser sends it back, `name=value`; '' where it was not set or was taken away. */
export function cookieOf(reply: Pick<Reply, 'headers'>, name: string): string {
  const set = reply.headers.getSetCookie().find((line) => line.startsWith(`${name}=`));
  return /^[^=]+=[^;]+/.exec(set ?? '')?.[0] ?? '';
}

/** Signs in. `cookie`: what the browser has. */
export const signIn = (
  api: TestApi,
  login: string,
  password = PASSWORD,
  more: { code?: string; cookie?: string; from?: string } = {},
) =>
  api.post(
    '/auth/sign-in',
    { login, password, ...(more.code === undefined ? {} : { code: more.code }) },
    {
      key: null,
      headers: {
        ...(more.cookie ? { Cookie: more.cookie } : {}),
        ...(more.from ? { 'X-Forwarded-For': more.from } : {}),
      },
    },
  );

/** Asks as a browser with these cookies does. */
export const asking =
  (api: TestApi, cookie: string) =>
  (method: string, path: string, body?: unknown, headers = {}) =>
    api.ask(method, path, { key: null, body, headers: { Cookie: cookie, ...headers } });
