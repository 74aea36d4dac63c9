import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { builtRooms, clearRooms, rooms } from './rooms.ts';
import { ONE_TRY, type Stage, stage } from './stage.ts';

describe.each(backendKinds)('in the middle of a run on %s', (kind) => {
  let on: Stage;
  beforeAll(async () => {
    on = await stage(kind);
  });
  beforeEach(() => clearRooms(on.db));
  afterEach(() => on.dismiss());
  afterAll(() => on.close());

  test('its progress shows in the database and on its job', async () => {
    const gate = Promise.withResolvers<void>();
    on.worker({ rooms: rooms((room) => (room === 3 ? gate.promise : undefined)) });
    const run = await on.ask('rooms');
    await eventually(async () => (await builtRooms(on.db)).length === 2);
    expect(await on.now(run)).toMatchObject({ status: 'running', progress: { done: 2 } });
    await eventually(async () => JSON.stringify((await on.job(run)).progress) === '{"done":2}');
    gate.resolve();
    expect(await on.over(run)).toMatchObject({ status: 'success', progress: null });
  });

  test('a draining worker hands it on between two chunks, to go on elsewhere as if nothing had been', async () => {
    const draining = new AbortController();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const first = on.worker(
      {
        rooms: rooms(async (room) => {
          if (room === 1) return;
          reached.resolve();
          await gate.promise;
        }),
      },
      draining.signal,
    );
    const run = await on.ask('rooms');
    await reached.promise;
    draining.abort();
    const closed = first.close();
    gate.resolve();
    await closed;
    expect(await on.now(run)).toMatchObject({ status: 'queued', progress: { done: 2 }, completed_at: null });

    const second: number[] = [];
    on.worker({ rooms: rooms((room) => second.push(room)) });
    expect(await on.over(run)).toMatchObject({ status: 'success', result: { done: 3 }, interruptions: 0 });
    expect(second).toEqual([3]);
    expect(await builtRooms(on.db)).toEqual(['room 1', 'room 2', 'room 3']);
    expect((await on.heard(run)).attemptsMade).toBe(ONE_TRY);
  });
});
