import type { Backend } from '../../queues/backend/backend.ts';
import { seeded } from '../../sql/demo/random.ts';
import { eventually } from '../support/eventually.ts';
import { hasArrived } from '../support/telegram/answers.ts';
import { account, askOnce } from './asked.ts';
import { chaosFleet, ZONE } from './chaos-fleet.ts';
import { auditFindings, compareBookings, compareMessages, compareTicks, countEffects, failedRuns, notOver } from './checks.ts';
import { disturb } from './faults.ts';
import type { Guard } from './guards.ts';
import { prepareLoad } from './load.ts';

type Wish = {
  seed: number;
  seconds: number;
  kind: Backend['kind'];
  without?: Guard;
  /** How long what stands still does. */
  freezeSeconds?: number;
  /** How long the fleet may take until everything is over. */
  settleSeconds?: number;
  say?: (line: string) => void;
};
const SILENT = () => undefined;

/**
 * A fleet under load and under faults at random, then left in peace until it has settled. Returns what was lost, doubled or not square
 * (nothing, if all is well), with the counts of what happened.
 */
export async function chaos({ seed, seconds, kind, without, freezeSeconds = 12, settleSeconds = 240, say = SILENT }: Wish) {
  const fleet = await chaosFleet(kind, { without });
  const found: string[] = [];
  try {
    const made = account();
    const first = made.note({ kind: 'run', path: '/real-trainings/generate-next-week', body: {} });
    await eventually(() => askOnce(fleet.url, fleet.key, first));
    await eventually(async () => (await notOver(fleet.db)).every((what) => !what.includes('generation:')));
    const square = new Set(await auditFindings(fleet.db, ZONE));
    say(`the fleet runs at ${fleet.url}, logs in ${fleet.logs}`);

    const load = await prepareLoad(fleet, made, seeded(seed + 1));
    const end = Date.now() + seconds * 1_000;
    const isOver = () => Date.now() > end;
    const [disturbances] = await Promise.all([disturb(fleet, seeded(seed), isOver, { freezeSeconds, say }), load(isOver)]);
    say('the faults are over');
    await fleet.ready();
    found.push(...(await countEffects(fleet.db, made, false)));
    const unanswered = made.open().length;
    // Each in the order it was asked; an undo may be added while this goes on.
    await eventually(async () => {
      const open = made.open();
      for (let n = 0; n < open.length; n += 8)
        await Promise.all(open.slice(n, n + 8).map((asked) => askOnce(fleet.url, fleet.key, asked)));
      return made.open().length === 0;
    }, settleSeconds).catch(() =>
      found.push(...made.open().map(({ id, kind: what }) => `lost: ${what} ${id} is never answered`)),
    );
    await eventually(async () => (await notOver(fleet.db)).length === 0, settleSeconds).catch(() => undefined);
    found.push(...(await notOver(fleet.db)));

    const arrived = new Map<number, number>();
    for (const { method, chat_id, answer } of fleet.telegram.received)
      if (method !== 'editMessageText' && hasArrived(answer)) arrived.set(chat_id, (arrived.get(chat_id) ?? 0) + 1);
    const messages = await compareMessages(fleet.db, arrived, disturbances.ofMessages);
    found.push(
      ...(await countEffects(fleet.db, made, true)),
      ...(await compareBookings(fleet.db, made, fleet.since)),
      ...(await compareTicks(fleet.db, ZONE, new Date(Date.now() - 15_000))),
      ...(await failedRuns(fleet.db, fleet.leftOut)),
      ...(await auditFindings(fleet.db, ZONE)).filter((finding) => !square.has(finding)),
      ...messages.found,
    );
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
      granted: made.granted().length,
      /** When the faults ended; and asked more than once. */
      unanswered,
      repeated: made.entries.filter(({ tries }) => tries > 1).length,
      answers,
      faults: disturbances.faults,
      restarts: fleet.apps.reduce((sum, app) => sum + app.starts() - 1, fleet.database.starts() - 1),
      messages: { sent: messages.sent, twice: messages.twice },
    };
  } finally {
    await fleet.close();
  }
}
