import { expect } from '@jest/globals';
import { enqueueOpenRuns } from '../../queues/timetable/run-due.ts';
import { eventually } from '../support/eventually.ts';
import type { Case } from './cases.ts';
import { expectUndisturbed } from './undisturbed.ts';

/** A queue that loses all its jobs. */
export const emptied: Case[] = [
  [
    'emptied while it is queued, it is rung for again',
    async (at) => {
      const run = await at.ask();
      await at.emptyQueue();
      await at.worker();
      expect(await enqueueOpenRuns(at, 0)).toEqual([run.id]);
      const ended = await at.over(run);
      expect(ended.job_id).toBe(`run-${run.id}-2`);
      await expectUndisturbed(at.db, ended);
    },
  ],
  [
    'emptied while it is running, nothing is lost and nothing done twice',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker();
      await hold.reached();
      await at.emptyQueue();
      const second = await at.worker();
      expect(await enqueueOpenRuns(at, 0)).toEqual([run.id]);
      await eventually(async () => ((await at.job(run, 2))?.attemptsStarted ?? 0) > 0);
      await hold.release();
      const ended = await at.over(run);
      expect(ended).toMatchObject({ interruptions: 0, job_id: `run-${run.id}-1` });
      await eventually(async () => (await at.job(run, 2))?.returnvalue?.stale);
      expect([first, second].map((worker) => worker.hasEnded())).toEqual([false, false]);
      await expectUndisturbed(at.db, ended);
    },
  ],
];
