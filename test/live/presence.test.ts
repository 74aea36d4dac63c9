import { describe, expect, test } from '@jest/globals';
import { openPresence, type Presence } from '../../api/live/presence.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { backendKinds, redisUrl, testBackend } from '../support/backends.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { rowCounts } from '../support/row-counts.ts';
import { liveClient } from './client.ts';

const day = addDays(dayOf(new Date(), 'Europe/Moscow'), 1);
const next = addDays(day, 1);

test.each(backendKinds)(
  'staff see who is at a day, and what they are at where it concerns them; clients do not; it is stored nowhere (%s)',
  async (kind) => {
    const api: TestApi = await testApi({
      backend: (url) => testBackend(kind, url),
      settings: kind === 'redis' ? { REDIS_URL: redisUrl() } : {},
    });
    const [owner, admin, trainer, second, client] = [
      await personOf(api, 'owner'),
      await personOf(api, 'admin'),
      await personOf(api, 'trainer'),
      await personOf(api, 'trainer'),
      await personOf(api, 'client'),
    ];
    const [office, desk, hall, gym, home] = await Promise.all(
      [owner, admin, trainer, second, client].map(({ cookie }) => liveClient(api.url, { cookie })),
    );
    for (const page of [office, desk, hall, gym, home]) await page!.watch([`day:${day}`]);
    const before = await rowCounts(api.db);
    const carriedTo = ({ id }: { id: number }) => ({
      key: 'training-17',
      place: { day, from: 600, minutes: 60, trainerId: id, roomId: null },
    });
    hall!.send({ here: { day, doing: carriedTo(trainer) } });
    const seen = (await desk!.here()).here;
    expect(seen).toMatchObject({ day, who: `person:${trainer.id}`, doing: carriedTo(trainer) });
    expect((await office!.here()).here).toEqual(seen);
    // What is carried elsewhere than to their own time another trainer is not told, not even who comes later.
    expect((await gym!.here()).here).toEqual({ ...seen, doing: null });
    const [late, lateGym] = [
      await liveClient(api.url, { cookie: admin.cookie }),
      await liveClient(api.url, { cookie: second.cookie }),
    ];
    for (const page of [late, lateGym]) await page.watch([`day:${day}`]);
    expect((await late.here()).here).toEqual(seen);
    expect((await lateGym.here()).here).toEqual({ ...seen, doing: null });
    hall!.send({ here: { day, doing: carriedTo(second) } });
    for (const page of [desk, office, gym, late, lateGym])
      expect((await page!.here()).here).toEqual({ ...seen, doing: carriedTo(second) });
    for (const odd of ['x', { place: null }, { place: { trainerId: String(second.id) } }]) {
      hall!.send({ here: { day, doing: odd } });
      expect((await desk!.here()).here.doing).toEqual(odd);
      expect((await gym!.here()).here.doing).toBeNull();
    }
    hall!.send({ here: { day: next } });
    expect((await desk!.here()).here).toMatchObject({ day, socket: seen.socket, left: true });
    await desk!.watch([`day:${day}`, `day:${next}`]);
    expect((await desk!.here()).here).toMatchObject({ day: next, doing: null });
    await hall!.close();
    expect((await desk!.here()).here).toMatchObject({ day: next, left: true });
    home!.send({ here: { day } });
    expect(await home!.take((message) => 'status' in message)).toMatchObject({ status: 403 });
    desk!.send({ here: { day, doing: 'x'.repeat(2_001) } });
    expect(await desk!.take((message) => 'status' in message)).toMatchObject({ status: 422 });
    expect(home!.messages).toEqual([]);
    expect(await rowCounts(api.db)).toEqual(before);
    await Promise.all([office, desk, gym, late, lateGym, home].map((page) => page!.close()));
    await api.close();
  },
);

describe('between processes', () => {
  const caller = { id: 'person:1', name: 'person:1', scopes: [], isStillLetIn: async () => true };
  function twoProcesses() {
    let now = 0;
    const sent: string[] = [];
    const one = openPresence({ publish: (message) => sent.push(message) }, () => now);
    const other = openPresence({ publish: () => undefined }, () => now);
    const seen: Presence[] = [];
    other.enter({ id: 'b', topics: new Set([`day:${day}`]), see: (here) => seen.push(here) });
    const pass = () => {
      for (const message of sent.splice(0)) for (const process of [one, other]) process.hear(message);
    };
    return { one, other, seen, pass, wait: (ms: number) => (now += ms) };
  }
  const onlooker = { id: 'a', topics: new Set<string>(), see: () => undefined };

  test('the other sees a state once, however often it is said', () => {
    const { one, seen, pass } = twoProcesses();
    one.say(onlooker, caller, { day, doing: 1 });
    pass();
    one.again();
    pass();
    expect(seen).toEqual([{ socket: 'a', day, who: 'person:1', name: '', doing: 1 }]);
    one.exit(onlooker, caller);
    pass();
    expect(seen.at(-1)).toMatchObject({ socket: 'a', left: true });
  });

  test.each([
    [40_000, false],
    [40_001, true],
  ])('a person not mentioned for %i ms is gone: %s', (ms, isGone) => {
    const { one, other, seen, pass, wait } = twoProcesses();
    one.say(onlooker, caller, { day });
    pass();
    wait(ms);
    other.again();
    expect(seen.some(({ left }) => left)).toBe(isGone);
  });

  test('a text that is no message is passed over', () => {
    const { other, seen } = twoProcesses();
    for (const rubbish of ['', 'null', '{', '{"socket":1}', '[]']) other.hear(rubbish);
    expect(seen).toEqual([]);
  });
});
