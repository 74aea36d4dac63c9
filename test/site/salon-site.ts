import { siteFormats } from '../../api/site/words.ts';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import type { TestApi } from '../support/front-door.ts';

/** A salon with one service of an hour, a master, and opening hours round the clock. */
export async function smallSite(api: TestApi) {
  const make = salon(api.db);
  const location = await make.location();
  const service = await make.service({ price: 250_000 });
  const master = await make.specialist([service], { location });
  await api.db.query(sql.unsafe`update services set name = 'Haircut', description = 'With a wash' where id = ${service}`);
  await api.db.query(sql.unsafe`update locations set name = 'Centre', address = '1 Main Street' where id = ${location}`);
  await api.db.query(sql.unsafe`update users set first_name = 'Anna', last_name = '' where id = ${master}`);
  await api.db.query(sql.unsafe`update specialists set bio = 'Ten years of scissors.' where id = ${master}`);
  return { make, location, service, master };
}

/** A type of classes with the name Yoga; returns its id. */
export async function yoga(api: TestApi, make: ReturnType<typeof salon>) {
  const type = await make.type();
  await api.db.query(sql.unsafe`update training_types set name = 'Yoga' where id = ${type}`);
  return type;
}

type Answer = { status: number; headers: Headers; text: string };
/** A browser without a script: it follows no link by itself, and sends forms as one does. */
export function formsOf(api: TestApi, more: Record<string, string> = {}) {
  const headers = { Accept: 'text/html', 'Accept-Language': 'en', ...more };
  const read = async (answer: Response): Promise<Answer> => ({
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
  });
  const get = async (path: string) => read(await fetch(api.url + path, { headers, redirect: 'manual' }));
  const post = async (path: string, fields: Record<string, string>, own: Record<string, string> = {}) =>
    read(
      await fetch(api.url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { Origin: api.url, ...headers, ...own },
        body: new URLSearchParams(fields),
      }),
    );
  /** The token that a page gives to its forms. */
  const tokenOf = (page: Answer) => String(/name="form" value="([^"]+)"/.exec(page.text)?.[1]);
  return { get, post, tokenOf };
}
/** The values of the buttons or radios that stand for starts. */
export const startsOn = (page: { text: string }) =>
  [...page.text.matchAll(/(?:name="start" value|data-start)="([^"]+)"/g)].map(([, start]) => String(start));
/** The text of a part of a page, in one line. */
export const bare = (text: string) =>
  text
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
/** The lines of the table that says what something costs, and its total: what it is and how much, each as text. */
export const linesOn = (page: { text: string }) =>
  [...page.text.matchAll(/<tr><th scope="row">(.*?)<\/th>\s*<td>(.*?)<\/td><\/tr>/gs)].map(([, head, price]) =>
    [head, price].map((part) => bare(String(part))),
  );
/** How the site says things in English, in the zone and the currency that tests have. */
export const moscow = siteFormats('en', 'Europe/Moscow', 'RUB');
/** An instant as the text of a page says it. */
export const moment = (start: string) => bare(moscow.moment(start));
