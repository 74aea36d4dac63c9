import type { Backend } from '../../queues/backend/backend.ts';
import { seeded } from '../../sql/demo/random.ts';
import { eventually } from '../support/eventually.ts';
import { account, askOnce } from './asked.ts';
import { chaosFleet, ZONE } from './chaos-fleet.ts';
import { auditFindings, countEffects, notOver } from './checks.ts';
import { disturb, undisturbed } from './disturb.ts';
import { findLosses } from './find-losses.ts';
import type { Guard } from './guards.ts';
import { type LoadOptions, prepareLoad } from './load.ts';
import { progress } from './progress.ts';

export type Wish = LoadOptions & {
  seed: number;
  seconds: number;
  kind: Backend['kind'];
  without?: Guard;
  /** Some seconds are not worth a whole fleet. */
  isSmall?: boolean;
  /** How long what stands still does: one of these. */
  freezeSeconds?: readonly number[];
  /** How long what is away is at most. */
  mostSeconds?: number;
  /** Words, parted by commas: only the faults whose name has one of them in it. */
  only?: string;
  /** Faults that are to come, however rarely they are drawn. */
  owed?: readonly string[];
  /** Seconds between two faults, on average. */
  everySeconds?: number;
  /** A second database follows the first one, which fails over to it once. */
  isFollowed?: boolean;
  /** How long the fleet may take until everything is over. */
  settleSeconds?: number;
  say?: (line: string) => void;
  /** Says each fault; else there is a line a minute. */
  isLoud?: boolean;
};
/** As it is played by day: some seconds, in which nothing is away for long. */
export const BY_DAY = { isSmall: true, seconds: 12, freezeSeconds: [4], mostSeconds: 4, everySeconds: 0.9, lanes: 4 };
const SILENT = () => undefined;
/** What is asked again at once when the faults are over. */
const LANES = 8;

/**
 * A fleet under load and under faults at random, then left in peace until it has settled. Returns what was lost, doubled or not square
 * (nothing, if all is well), with the counts of what happened.
 */
export async function chaos(wish: Wish) {
  const { seed, seconds, kind, settleSeconds = 240, say = SILENT } = wish;
  const fleet = await chaosFleet(kind, { guard: wish.without, isSmall: wish.isSmall });
  const found: string[] = [];
  try {
    const made = account();
    const first = made.note({ kind: 'run', path: '/real-trainings/generate-next-week', body: {} });
    await eventually(() => askOnce(fleet, made, first));
    await eventually(async () => (await notOver(fleet.db)).every((what) => !what.includes('generation:')));
    const square = new Set(await auditFindings(fleet.db, ZONE));
    say(`the fleet runs at ${fleet.url}, logs in ${fleet.logs}`);

    if (wish.isFollowed) await fleet.database.follow();
    const load = await prepareLoad(fleet, made, seeded(seed + 1), wish);
    const began = Date.now();
    const isOver = () => Date.now() > began + seconds * 1_000;
    const disturbances = undisturbed();
    const ended = progress(() => ({ asked: made.entries.length, granted: made.granted(), faults: disturbances.faults }), say);
    await Promise.all([
      disturb(fleet, seeded(seed), isOver, disturbances, {
        freezeSeconds: wish.freezeSeconds ?? [12],
        mostSeconds: wish.mostSeconds ?? 20,
        everySeconds: wish.everySeconds ?? 1.4,
        only: wish.only,
        owed: wish.owed,
        say: wish.isLoud ? say : SILENT,
      }),
      load(isOver),
    ]);
    ended();
    found.push(...disturbances.failed);
    const minutes = (Date.now() - began) / 60_000;
    say('the faults are over');
    await fleet.ready();
    found.push(...(await countEffects(fleet.db, made, false)));
    const unanswered = made.open().length;
    // Each in the order it was asked; an undo may be added while this goes on.
    await eventually(async () => {
      const open = made.open();
      for (let n = 0; n < open.length; n += LANES)
        await Promise.all(open.slice(n, n + LANES).map((asked) => askOnce(fleet, made, asked)));
      return made.open().length === 0;
    }, settleSeconds).catch(() =>
      found.push(...made.open().map(({ id, kind: what }) => `lost: ${what} ${id} is never answered`)),
    );
    say('everything is answered');
    await eventually(async () => (await notOver(fleet.db)).length === 0, settleSeconds).catch(() => undefined);
    const { found: losses, messages } = await findLosses(fleet, made, disturbances, square);
    found.push(...losses);
    const answers: Record<string, number> = {};
    for (const { kind: what, answer } of made.entries) {
      const name = `${what} ${answer?.status ?? 'unanswered'}`;
      answers[name] = (answers[name] ?? 0) + 1;
    }
    return {
      found: [...new Set(found)],
      seed,
      kind,
      asked: made.entries.length,
      /** Of what was granted: each is there once, each person's mark by itself; and how many a minute of the faults that was. */
      effects: made.granted(),
      perMinute: Math.round(made.granted() / minutes),
      /** When the faults ended; and asked more than once. */
      unanswered,
      repeated: made.entries.filter(({ tries }) => tries > 1).length,
      answers,
      faults: disturbances.faults,
      byKind: disturbances.byKind,
      restarts: fleet.apps.reduce((sum, app) => sum + app.starts() - 1, fleet.database.server().starts() - 1),
      /** How many left, and how many came again because of what. */
      messages: { sent: messages.sent, again: messages.again },
    };
  } finally {
    await fleet.close();
  }
}
