import { expect } from '@jest/globals';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueue, enqueueRun, QueueUnavailable } from '../../queues/backend/enqueue.ts';
import { addDays, weekOf } from '../../queues/time/calendar.ts';
import { enqueueOpenRuns } from '../../queues/timetable/run-due.ts';
import { eventually } from '../support/eventually.ts';
import type { OwnServer } from '../support/own-servers.ts';
import { taken } from '../support/taken.ts';
import type { Case } from './cases.ts';
import { MONDAY, week } from './trades.ts';
import { expectUndisturbed } from './undisturbed.ts';

const NEXT = addDays(MONDAY, 7);

/** Redis that dies, remembers nothing, and comes back. */
export const redisAway: Case[] = [
  [
    'which is away, the running one ends, producers fail fast, and the next one is enqueued when it is back',
    async (at) => {
      const redis = at.redis as OwnServer;
      const run = await at.ask();
      const hold = await at.hold(250);
      const worker = await at.worker();
      await hold.reached();
      await redis.stop('SIGKILL');
      await hold.release();
      await expectUndisturbed(at.db, await at.over(run));

      // Redis is away for as long as nobody starts it: whoever waited for it would wait for ever.
      const later = enqueueRun(at.db, at.backend, week.request(NEXT));
      await expect(later).rejects.toBeInstanceOf(QueueUnavailable);
      const opened = openBackend({ redisUrl: redis.url, databaseUrl: at.url, name: 'opened while away' });
      await expect(enqueue(opened, 'generation', 'run', { run_id: 0 })).rejects.toBeInstanceOf(QueueUnavailable);

      await redis.start();
      await taken(() => enqueue(opened, 'generation', 'run', { run_id: 0 }));
      await opened.close();
      const [next] = await eventually(() => enqueueOpenRuns(at, 0).catch(() => null));
      expect(await at.over({ ...run, id: next as number })).toMatchObject({
        run_key: `generation:${weekOf(NEXT)}`,
        interruptions: 0,
      });
      expect(worker.hasEnded()).toBe(false);
    },
  ],
];
