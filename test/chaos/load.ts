import { setTimeout as pause } from 'node:timers/promises';
import { dayOf } from '../../queues/time/calendar.ts';
import type { Random } from '../../sql/demo/random.ts';
import { type Account, type Asked, askOnce } from './asked.ts';
import { bookingActs } from './booking-acts.ts';
import { type ChaosFleet, ZONE } from './chaos-fleet.ts';
import { deskActs } from './desk-acts.ts';
import { trainingActs } from './training-acts.ts';

/** One thing a studio asks for, or several at the same moment; null where there is nothing to ask it of just now. */
export type Act = () => Asked | Asked[] | null;
/** What the acts work with; what is put into `later` is asked soon. */
export type Acting = {
  fleet: ChaosFleet;
  account: Account;
  random: Random;
  students: readonly number[];
  later: Asked[];
  /** The studio's day. */
  today: string;
};
export type LoadOptions = {
  /** Requests under way at once. */
  lanes?: number;
  /** Milliseconds between an answer and the next request of its lane. */
  restMs?: number;
  /** The studio's day, where its clock is not this process's. */
  today?: string;
};

/**
 * Looks around in the studio. Returns what asks for everything a studio asks for until `isOver`; what is not answered is asked again,
 * at once or later.
 */
export async function prepareLoad(
  fleet: ChaosFleet,
  account: Account,
  random: Random,
  { lanes = 6, restMs = 20, today = dayOf(new Date(), ZONE) }: LoadOptions,
) {
  const later: Asked[] = [];
  const acting = { fleet, account, random, students: await fleet.students(), later, today };
  const acts = [...deskActs(acting), ...(await bookingActs(acting)), ...(await trainingActs(acting))];
  const draw = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act));
  const ask = (asked: Asked) => askOnce(fleet, account, asked);

  function next(): Asked[] {
    const waiting = later.pop() ?? (random.chance(0.1) ? account.anyOpen() : undefined);
    const asked = waiting ?? random.pick(draw)() ?? [];
    return Array.isArray(asked) ? asked : [asked];
  }
  async function lane(isOver: () => boolean) {
    while (!isOver()) {
      const answered = await Promise.all(next().map(ask));
      await pause(answered.includes(false) ? 250 : restMs);
    }
  }
  return (isOver: () => boolean) => Promise.all(Array.from({ length: lanes }, () => lane(isOver)));
}
