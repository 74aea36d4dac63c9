import { expect } from '@jest/globals';
import { workerOptions } from '../../queues/backend/bullmq.ts';
import { eventually } from '../support/eventually.ts';
import type { Case } from './cases.ts';
import { expectUndisturbed } from './undisturbed.ts';

/** A worker that is killed or told to stop in the middle of a run. */
export const killed: Case[] = [
  [
    'killed in the middle, it goes on elsewhere, and nobody waits for that as long as BullMQ would',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker();
      await hold.reached();
      const second = await at.worker();
      await first.kill();
      await hold.left();
      await hold.release();
      const ended = await at.over(run);
      // Seconds are not measured on a machine that may be busy: a lost job is given back after these.
      expect(workerOptions.lockDuration + 2 * workerOptions.stalledInterval).toBeLessThan(20_000);
      expect(ended.interruptions).toBe(1);
      expect(second.said('"interruptions":1')).toBe(true);
      await expectUndisturbed(at.db, ended);
    },
  ],
  [
    'killed in the middle, the worker started again goes on with it',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(450);
      const worker = await at.worker();
      await hold.reached();
      await worker.kill();
      await hold.release();
      await at.worker();
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(1);
      await expectUndisturbed(at.db, ended);
    },
  ],
  [
    'killed ten times in one run',
    async (at) => {
      const run = await at.ask();
      for (const [n, place] of [1, 100, 200, 201, 201, 300, 400, 401, 500, 600].entries()) {
        const hold = await at.hold(place);
        const worker = await at.worker();
        // A job of its own each time, so that the next worker need not wait until the lost job is given back.
        if (n > 0) await at.enqueue(run, n + 1);
        await hold.reached();
        await worker.kill();
        await hold.release();
      }
      await at.worker();
      await at.enqueue(run, 11);
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(10);
      await expectUndisturbed(at.db, ended);
    },
  ],
  [
    'told to stop, the worker ends its chunk and hands the run on',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker();
      await hold.reached();
      first.signal('SIGTERM');
      await eventually(() => first.said('draining'));
      await hold.release();
      expect(await first.exit()).toBe(0);
      expect(first.said('run handed on')).toBe(true);
      expect(await at.find(run)).toMatchObject({ status: 'queued', interruptions: 0, progress: { templates: 400 } });
      await at.worker();
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(0);
      await expectUndisturbed(at.db, ended);
    },
  ],
  [
    'told to stop in a chunk that takes too long, the worker stops in time and the run is given to another one',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker({ DRAIN_SECONDS: '1' });
      await hold.reached();
      first.signal('SIGTERM');
      // The chunk cannot end: only the drain's own end lets it go.
      expect(await first.exit()).toBe(0);
      expect(first.said('"seconds":1,')).toBe(true);
      expect(first.said('the drain took too long')).toBe(true);
      expect(await at.find(run)).toMatchObject({ status: 'running', progress: { templates: 200 } });
      await at.worker();
      await hold.release();
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(1);
      await expectUndisturbed(at.db, ended);
    },
  ],
];
