import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Job, UnrecoverableError } from 'bullmq';
import { runs } from '../../queues/jobs/catalog.ts';
import type { Run } from '../../sql/runs/rows.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { builtRooms, clearRooms, rooms } from './rooms.ts';
import { ONE_TRY, type Stage, stage } from './stage.ts';

const { attempts, backoff } = runs.generation.retry;

describe.each(backendKinds)('a try that fails on %s', (kind) => {
  let on: Stage;
  beforeAll(async () => {
    on = await stage(kind);
  });
  beforeEach(() => clearRooms(on.db));
  afterEach(() => on.dismiss());
  afterAll(() => on.close());

  type Try = { wait: number; row: Run; rooms: readonly string[] };
  /** Runs without the waits between tries. Returns how it ended, and what there was and how long the wait was to be after each failed try. */
  async function perform(handler: RunHandler, failures: number, runKey?: string) {
    const tries: Try[] = [];
    on.worker({ rooms: handler }).on('failed', async (job) => {
      const { delay, data, id } = job as Job;
      tries.push({ wait: delay, row: await on.now({ id: data.run_id }), rooms: await builtRooms(on.db) });
      if ((await on.queue.getJobState(id as string)) === 'delayed') await job?.promote();
    });
    const asked = await on.ask('rooms', runKey);
    const ended = await on.over(asked);
    await eventually(() => tries.length === failures);
    return { ended, tries };
  }
  const leak = () => {
    throw new TypeError('the roof leaks\nin two places');
  };

  test('is rolled back whole, and the next one goes on from the last chunk', async () => {
    let faults = 0;
    const { ended, tries } = await perform(
      rooms((room) => {
        faults += room === 2 ? 1 : 0;
        if (room === 2 && faults === 1) leak();
      }),
      1,
    );
    expect(tries).toMatchObject([
      {
        rooms: ['room 1'],
        row: { status: 'queued', progress: { done: 1 }, errors_count: 1, error_message: 'TypeError: the roof leaks' },
      },
    ]);
    expect(ended).toMatchObject({ status: 'success', result: { done: 3 }, error_message: null, interruptions: 0 });
    expect(await builtRooms(on.db)).toEqual(['room 1', 'room 2', 'room 3']);
    expect(await on.notices()).toEqual([]);
  });

  test('the last time ends the run: it says what was done, and each admin is notified once', async () => {
    const { ended, tries } = await perform(
      rooms((room) => room === 2 && leak()),
      attempts,
    );
    expect(ended).toMatchObject({
      status: 'error',
      error_message: 'TypeError: the roof leaks',
      errors_count: attempts,
      details: { done_before_the_error: { done: 1 } },
    });
    expect(ended.completed_at).not.toBeNull();
    expect(await builtRooms(on.db)).toEqual(['room 1']);
    const alert = expect.stringMatching(/^run_failed:rooms:[0-9a-f]{8}$/);
    const params = { run_id: ended.id, run_key: ended.run_key, attempt: 1, error: 'TypeError: the roof leaks', alert };
    expect(await on.notices()).toEqual([
      { chat_id: 1001, template: 'run_failed', params },
      { chat_id: 1002, template: 'run_failed', params },
    ]);
    const waits = tries.slice(0, -1).map(({ wait }) => wait);
    expect(waits).toHaveLength(attempts - 1);
    for (const [n, wait] of waits.entries()) {
      expect(wait).toBeLessThanOrEqual(backoff.delay * 2 ** n);
      expect(wait).toBeGreaterThanOrEqual(backoff.delay * 2 ** n * (1 - backoff.jitter));
    }
  });

  test('is asked for again as attempt 2, which starts afresh', async () => {
    const key = 'rooms:again';
    const first = await perform(
      rooms(() => {
        throw new UnrecoverableError('there is no such place');
      }),
      1,
      key,
    );
    await on.dismiss();
    const { ended } = await perform(
      rooms(() => undefined),
      0,
      key,
    );
    expect(ended).toMatchObject({ attempt: 2, status: 'success', result: { done: 3 } });
    expect(ended.id).not.toBe(first.ended.id);
  });

  test('for good is not tried again', async () => {
    const { ended, tries } = await perform(
      rooms((room) => {
        if (room === 3) throw new UnrecoverableError('there is no such place');
      }),
      1,
    );
    expect(tries).toHaveLength(1);
    expect(ended).toMatchObject({
      status: 'error',
      errors_count: 1,
      error_message: 'UnrecoverableError: there is no such place',
      details: { done_before_the_error: { done: 2 } },
    });
    expect(await on.queue.getJobState(`run-${ended.id}-1`)).toBe('failed');
    expect(await on.notices()).toHaveLength(2);
  });

  test('because its worker died, again and again, ends the run at the twenty-first time', async () => {
    on.worker({ rooms: rooms(() => undefined) });
    const [lives, dies] = [await on.request('rooms'), await on.request('rooms')];
    await on.elsewhere(`update automated_process_history set status = 'running', interruptions = $2 where id = $1`, [
      lives.id,
      19,
    ]);
    await on.elsewhere(`update automated_process_history set status = 'running', interruptions = $2 where id = $1`, [
      dies.id,
      20,
    ]);
    await Promise.all([on.enqueueAll(lives), on.enqueueAll(dies)]);
    expect(await on.over(lives)).toMatchObject({ status: 'success', interruptions: 20 });
    expect(await on.over(dies)).toMatchObject({ status: 'error', error_message: 'UnrecoverableError: interrupted 21 times' });
  });

  test('because of a serialization failure is repeated on the spot', async () => {
    let faults = 0;
    const { ended } = await perform(
      rooms((room) => {
        faults += room === 2 ? 1 : 0;
        if (faults === 1 && room === 2) throw Object.assign(new Error('could not serialize access'), { code: '40001' });
      }),
      0,
    );
    expect(ended).toMatchObject({ status: 'success', result: { done: 3 } });
    expect((await on.heard(ended)).attemptsMade).toBe(ONE_TRY);
    expect(await builtRooms(on.db)).toEqual(['room 1', 'room 2', 'room 3']);
  });

  test('because somebody else ended the run leaves no trace of its chunk', async () => {
    const endByHand = `
      update automated_process_history set status = 'error', completed_at = now(), error_message = 'by hand' where status = 'running'`;
    const { ended } = await perform(
      rooms((room) => (room === 2 ? on.elsewhere(endByHand) : undefined)),
      1,
    );
    expect((await on.heard(ended)).returnvalue).toEqual({ stale: true });
    expect(await on.now(ended)).toMatchObject({
      status: 'error',
      error_message: 'by hand',
      errors_count: 0,
      progress: { done: 1 },
    });
    expect(await builtRooms(on.db)).toEqual(['room 1']);
    expect(await on.notices()).toEqual([]);
  });
});
