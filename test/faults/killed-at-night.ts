import { expect } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { rounds } from '../support/nightly-only.ts';
import type { Case } from './cases.ts';
import { type Stop, stopAt } from './night-studio.ts';
import { night } from './trades.ts';
import { expectUndisturbed } from './undisturbed.ts';

/** Where the night is killed: each time with work done that is not committed, the last time when all are charged. */
const stops = rounds<[Stop, share: number][]>({
  daily: [
    ['student', 0.02],
    ['wallet', 0.1],
    ['subscription', 0.3],
    ['seat', 0.75],
    ['training', 1],
  ],
  nightly: [
    ['student', 0.02],
    ['wallet', 0.1],
    ['subscription', 0.2],
    ['seat', 0.3],
    ['wallet', 0.45],
    ['wallet', 0.45],
    ['subscription', 0.6],
    ['seat', 0.75],
    ['wallet', 0.9],
    ['training', 1],
  ],
});

/** The night's money, and `kill -9`. */
export const killedAtNight: Case[] = [
  [
    `charging the night, killed ${stops.length} times in one run`,
    async (at) => {
      const run = await at.ask();
      const after: number[] = [];
      for (const [n, [stop, share]] of stops.entries()) {
        const hold = await at.holdRow(stopAt(stop, share));
        const worker = await at.worker();
        // A job of its own each time, so that the next worker need not wait until the lost job is given back.
        if (n > 0) await at.enqueue(run, n + 1);
        await hold.reached();
        expect(await hold.hasWritten()).toBe(true);
        after.push(Number((await at.find(run)).progress?.after ?? 0));
        await worker.kill();
        await hold.release();
        // What the killed one had begun goes on without it for a while; the next one would wait for that, not for the row.
        await hold.gone();
      }
      await at.worker();
      await at.enqueue(run, stops.length + 1);
      const ended = await at.over(run);
      expect(ended.interruptions).toBe(stops.length);
      // Chunks that were committed before a kill stayed so.
      expect(after).toEqual(after.toSorted((a, b) => a - b));
      expect(new Set(after).size).toBeGreaterThan(1);
      expect(await auditBooks(at.db, '2026-11-24')).toEqual([]);
      await expectUndisturbed(at.db, ended, night);
    },
  ],
];
