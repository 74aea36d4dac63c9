import { describe, expect } from '@jest/globals';
import { ringRun } from '../../queues/enqueue.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { type Lab, lab } from './lab.ts';
import { sideBySide } from './side-by-side.ts';
import { outcome, undisturbed } from './undisturbed.ts';

const reference = undisturbed();
reference.catch(() => undefined);

type Case = [name: string, play: (at: Lab) => Promise<void>];
const cases: Case[] = [
  [
    'killed in the middle, it goes on elsewhere within 20 s',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker();
      await hold.reached();
      const second = await at.worker();
      await first.kill();
      const killed = performance.now();
      await hold.release();
      const ended = await at.over(run);
      expect((performance.now() - killed) / 1_000).toBeLessThan(20);
      expect(ended.interruptions).toBe(1);
      expect(second.said('"interruptions":1')).toBe(true);
      expect(await outcome(at.db, ended)).toEqual(await reference);
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
      const killed = performance.now();
      await hold.release();
      await at.worker();
      const ended = await at.over(run);
      expect((performance.now() - killed) / 1_000).toBeLessThan(20);
      expect(ended.interruptions).toBe(1);
      expect(await outcome(at.db, ended)).toEqual(await reference);
    },
  ],
  [
    'killed ten times in one run',
    async (at) => {
      const run = await at.ask();
      for (const [n, place] of [1, 100, 200, 201, 201, 300, 400, 401, 500, 600].entries()) {
        const hold = await at.hold(place);
        const worker = await at.worker();
        // A bell of its own each time, so that the next worker need not wait until the lost job is given back.
        if (n > 0) await ringRun(at.backend, run, n + 1);
        await hold.reached();
        await worker.kill();
        await hold.release();
      }
      await at.worker();
      await ringRun(at.backend, run, 11);
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(10);
      expect(await outcome(at.db, ended)).toEqual(await reference);
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
      expect(await outcome(at.db, ended)).toEqual(await reference);
    },
  ],
  [
    'told to stop in a chunk that takes too long, the worker stops in time and the run is given to another one',
    async (at) => {
      const run = await at.ask();
      const hold = await at.hold(250);
      const first = await at.worker({ DRAIN_SECONDS: '1' });
      await hold.reached();
      const told = performance.now();
      first.signal('SIGTERM');
      expect(await first.exit()).toBe(0);
      expect((performance.now() - told) / 1_000).toBeLessThan(3);
      expect(await at.find(run)).toMatchObject({ status: 'running', progress: { templates: 200 } });
      await at.worker();
      await hold.release();
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(1);
      expect(await outcome(at.db, ended)).toEqual(await reference);
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
      await eventually(async () => ((await at.job(run))?.attemptsStarted ?? 0) > 1, 30);
      first.signal('SIGCONT');
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(0);
      expect(first.said('run ended')).toBe(true);
      expect(second.said('run starts')).toBe(false);
      expect(await outcome(at.db, ended)).toEqual(await reference);
    },
  ],
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
      const ended = await at.over(run, 60);
      expect(ended.interruptions).toBe(1);
      expect(second.said('run ended')).toBe(true);
      first.signal('SIGCONT');
      await eventually(() => first.said('the run waits for it') || first.said('could not be put back in line'), 20);
      expect(first.hasEnded()).toBe(false);
      expect(first.said('run ended')).toBe(false);
      expect(await at.find(run)).toEqual(ended);
      expect(await outcome(at.db, ended)).toEqual(await reference);
    },
  ],
];

describe.each(backendKinds)('a run on %s', (kind) => {
  sideBySide(
    cases.map(([name, play]) => [
      name,
      async () => {
        const at = await lab(kind);
        await play(at).finally(() => at.close());
      },
    ]),
  );
});
