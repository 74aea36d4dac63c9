import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { Case } from './cases.ts';
import { expectUndisturbed } from './undisturbed.ts';

/** A worker that stands still, keeps its connections, and wakes up again. */
export const frozen: Case[] = [
  [
    'frozen for good, the worker loses its run to another one, and thawed it changes nothing',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker();
      await hold.reached();
      first.signal('SIGSTOP');
      await hold.release();
      const second = await at.worker();
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(1);
      await eventually(() => second.said('run ended'));
      first.signal('SIGCONT');
      await eventually(() => first.said('could not be put back in line'));
      expect(first.hasEnded()).toBe(false);
      expect(first.said('run ended')).toBe(false);
      expect(await at.find(run)).toEqual(ended);
      await expectUndisturbed(at.db, ended);
    },
  ],
  [
    'frozen and thawed, the worker ends its run while the one that got its job waits',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker();
      await hold.reached();
      first.signal('SIGSTOP');
      await hold.release();
      const second = await at.worker();
      await eventually(async () => ((await at.job(run))?.attemptsStarted ?? 0) > 1);
      first.signal('SIGCONT');
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(0);
      await eventually(() => first.said('run ended'));
      expect(second.said('run starts')).toBe(false);
      await expectUndisturbed(at.db, ended);
    },
  ],
];
