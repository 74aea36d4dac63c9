import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { at, salon } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

const MINUTE = 60_000;
const NOTICE = 90;
const START = at(2, '12:00');
const NEXT = at(2, '12:15');
/** Of what the clock offers only the date stands still. */
const doNotFake = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi({ settings: { STUDIO_BOOKING_NOTICE_MINUTES: String(NOTICE) } });
  make = salon(api.db);
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => api.close());

/** A specialist who is free from 12:00 to 13:00 in two days, for quarters of an hour. */
async function scene() {
  const service_id = await make.service({ minutes: 15 });
  const hours = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((n) => [n, [['12:00', '13:00']]]));
  const specialist_id = await make.specialist([service_id], { schedule: hours });
  const from = addDays(dayOf(new Date(), 'Europe/Moscow'), 2);
  return {
    firstOffered: async () => {
      const { body } = await api.get(`/slots?service_id=${service_id}&specialist_id=${specialist_id}&from=${from}&days=1`);
      return body.specialists[0].days[0].starts[0];
    },
    book: async (starts_at: string) =>
      api.post('/bookings', { client_id: await make.client(), service_id, specialist_id, starts_at }),
  };
}
const standAt = (now: number) => jest.useFakeTimers({ now, doNotFake });

test.each<[string, early: number, isOffered: boolean]>([
  ['a minute more than the notice before', MINUTE, true],
  ['a millisecond more', 1, true],
  ['exactly the notice before', 0, false],
  ['a millisecond less', -1, false],
])('%s, a start is offered and booked, or neither (D34)', async (_, early, isOffered) => {
  const { firstOffered, book } = await scene();
  standAt(Date.parse(START) - NOTICE * MINUTE - early);
  expect(await firstOffered()).toBe(isOffered ? START : NEXT);
  const { status, body } = await book(START);
  const refusal: Json = { path: 'starts_at', message: `a start more than ${NOTICE} minutes from now` };
  expect({ status, errors: body.errors }).toEqual(
    isOffered ? { status: 201, errors: undefined } : { status: 422, errors: [refusal] },
  );
});

test.each<[string, early: number, first: string]>([
  ['a millisecond more than the notice before', 1, START],
  ['exactly the notice before', 0, NEXT],
])('%s, a start is among what a refusal offers, or not', async (_, early, first) => {
  const { book } = await scene();
  const taken = at(2, '12:45');
  expect((await book(taken)).status).toBe(201);
  standAt(Date.parse(START) - NOTICE * MINUTE - early);
  const { status, body } = await book(taken);
  expect({ status, first: body.slots[0] }).toEqual({ status: 409, first });
});

test('a start that was offered a moment ago is not offered any more once its time has come', async () => {
  const { firstOffered } = await scene();
  const seen: string[] = [];
  for (const early of [2, 1, 0, -1, 1]) {
    standAt(Date.parse(START) - NOTICE * MINUTE - early);
    seen.push(await firstOffered());
  }
  expect(seen).toEqual([START, START, NEXT, NEXT, START]);
});
