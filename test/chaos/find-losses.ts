import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from './asked.ts';
import { compareBookings, compareMarks, compareSeats, compareTrainings } from './beliefs.ts';
import { type ChaosFleet, ZONE } from './chaos-fleet.ts';
import { auditFindings, comparePace, compareTicks, countEffects, failedRuns, notOver } from './checks.ts';
import type { Disturbances } from './disturb.ts';
import { arrivalsOf, compareMessages } from './messages.ts';
import { runsAtOnce, twins } from './witness.ts';

const LOOKS = 4;
const AGAIN_MS = 1_500;

/**
 * What a fleet that has settled has lost, doubled or left open.
 * @param square what was amiss before
 */
export async function findLosses(fleet: ChaosFleet, made: Account, disturbances: Disturbances, square: ReadonlySet<string>) {
  const { db } = fleet;
  const messages = await lookAtMessages(fleet, disturbances);
  const found = [
    ...(await countEffects(db, made, true)),
    ...(await compareBookings(db, made, fleet.since)),
    ...(await compareTrainings(db, made)),
    ...(await compareMarks(db, made)),
    ...(await compareSeats(db, made, fleet.since)),
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

/** Looks again where something is amiss: one may be on its way at this very moment. */
async function lookAtMessages({ db, telegram, mail, settings }: ChaosFleet, { cuts }: Disturbances) {
  for (let looks = 1; ; looks += 1) {
    const messages = await compareMessages(db, arrivalsOf(telegram.received, mail.letters, settings), cuts, settings);
    if (messages.found.length === 0 || looks === LOOKS) return messages;
    await pause(AGAIN_MS);
  }
}
