import { hasArrived } from '../support/telegram/answers.ts';
import type { Account } from './asked.ts';
import { compareBookings, compareMarks, compareTrainings } from './beliefs.ts';
import { type ChaosFleet, ZONE } from './chaos-fleet.ts';
import { auditFindings, compareMessages, comparePace, compareTicks, countEffects, failedRuns, notOver } from './checks.ts';
import type { Disturbances } from './faults.ts';
import { runsAtOnce, twins } from './witness.ts';

/**
 * What a fleet that has settled has lost, doubled or left open.
 * @param square what was amiss before
 */
export async function findLosses(fleet: ChaosFleet, made: Account, disturbances: Disturbances, square: ReadonlySet<string>) {
  const { db } = fleet;
  const arrived = new Map<number, number>();
  for (const { method, chat_id, answer } of fleet.telegram.received)
    if (method !== 'editMessageText' && hasArrived(answer)) arrived.set(chat_id, (arrived.get(chat_id) ?? 0) + 1);
  const messages = await compareMessages(db, arrived, disturbances.ofMessages);
  const found = [
    ...(await countEffects(db, made, true)),
    ...(await compareBookings(db, made, fleet.since)),
    ...(await compareTrainings(db, made)),
    ...(await compareMarks(db, made)),
    ...(await twins(db)),
    ...(await runsAtOnce(db)),
    ...(await compareTicks(db, ZONE, new Date(Date.now() - 15_000))),
    ...(await failedRuns(db, fleet.leftOut)),
    ...(await auditFindings(db, ZONE)).filter((finding) => !square.has(finding)),
    ...comparePace(fleet.telegram.refused, disturbances.ofChats),
    ...messages.found,
    ...(await notOver(db)),
  ];
  return { found, messages };
}
