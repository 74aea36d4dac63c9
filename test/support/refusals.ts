import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Asking, type Json, type TestApi, testApi } from './front-door.ts';
import { rowCounts } from './row-counts.ts';
import { studio } from './studio.ts';

export const TRIGGER = '/real-trainings/generate-next-week';
export const DATE = 'a date that exists, YYYY-MM-DD';
export const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
export const json = (body: unknown): Asking => ({ body });
export const raw = (text: string, type = 'application/json'): Asking => ({ raw: text, headers: { 'Content-Type': type } });

/** What is asked, how it is refused, and what the refusal says: of the field `at`, or else in its detail. */
export type Refusal = [
  what: string,
  method: string,
  path: string,
  asking: Asking,
  status: number,
  says: string | RegExp,
  at?: string,
];

/** A route with one student behind it; in the end not one row more or less than before. */
export function untouchedRoute() {
  const opened = {} as { api: TestApi };
  let before: Record<string, number>;
  beforeAll(async () => {
    opened.api = await testApi();
    await studio(opened.api.db).student();
    await opened.api.get('/schedule');
    before = await rowCounts(opened.api.db);
  });
  afterAll(async () => {
    expect(await rowCounts(opened.api.db)).toEqual(before);
    await opened.api.close();
  });
  return opened;
}

/** One test for each refusal: a problem that says what is accepted. */
export function refuses(opened: { api: TestApi }, refusals: Refusal[]) {
  test.each(refusals)('%s', async (...[, method, path, asking, status, says, at]: Refusal) => {
    const { body, headers, status: answered } = await opened.api.ask(method, path, asking);
    expect({ status: answered, type: headers.get('content-type') }).toEqual({
      status,
      type: expect.stringContaining('application/problem+json'),
    });
    expect(body).toMatchObject({ type: 'about:blank', status, title: expect.any(String), instance: path.split('?')[0] });
    const said = at === undefined ? body.detail : body.errors.find((error: { path: string }) => error.path === at)?.message;
    expect(said).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
  });
}

/** An answer's status, and what it refuses, field by field. */
export const wrongs = ({ status, body }: { status: number; body: Json }) =>
  Object.fromEntries([
    ['status', status],
    ...(body.errors ?? []).map((error: { path: string; message: string }) => [error.path, error.message]),
  ]);
