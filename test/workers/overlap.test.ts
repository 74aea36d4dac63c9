import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { done, ONE_TRY, type Stage, stage } from './stage.ts';

describe.each(backendKinds)('runs on %s', (kind) => {
  let on: Stage;
  beforeAll(async () => {
    on = await stage(kind);
  });
  afterEach(() => on.dismiss());
  afterAll(() => on.close());

  test('of one process never overlap over two workers, and the one that has to wait is not lost', async () => {
    const inside = new Set<number>();
    const seen: number[][] = [];
    const gates = new Map<number, () => void>();
    const handler: RunHandler = async (run, { chunk }) => {
      inside.add(run.id);
      await chunk(async () => {
        seen.push([...inside]);
        await new Promise<void>((open) => gates.set(run.id, open));
        return {};
      });
      inside.delete(run.id);
      return done;
    };
    const runs = [await on.ask('alone'), await on.ask('alone'), await on.ask('alone')];
    on.worker({ alone: handler });
    on.worker({ alone: handler });
    for (let ended = 0; ended < runs.length; ended += 1) {
      await eventually(() => gates.size > ended);
      const [first] = inside;
      // The others have met the lock, and wait for it without a place in a worker.
      const others = runs.filter((run) => run.id !== first && seen.every(([id]) => id !== run.id));
      for (const other of others) await eventually(async () => (await on.job(other)).attemptsStarted > 0);
      gates.get(first as number)?.();
      await on.over({ id: first as number });
    }
    expect(seen.map((ids) => ids.length)).toEqual([1, 1, 1]);
    for (const run of runs) {
      expect(await on.now(run)).toMatchObject({ status: 'success', interruptions: 0 });
      expect((await on.heard(run)).attemptsMade).toBe(ONE_TRY);
    }
  });

  test('of different processes go on side by side', async () => {
    const both = Promise.withResolvers<void>();
    const inside = new Set<string>();
    const meet: RunHandler = async (run) => {
      inside.add(run.process_type);
      if (inside.size === 2) both.resolve();
      await both.promise;
      return done;
    };
    on.worker({ one: meet, other: meet });
    const [one, other] = [await on.ask('one'), await on.ask('other')];
    expect((await on.over(one)).status).toBe('success');
    expect((await on.over(other)).status).toBe('success');
  });
});
