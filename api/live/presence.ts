import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Caller } from '../http/caller.ts';
import type { Here } from './messages.ts';

/** Who looks at a day, and what they are at: a dragged training, a form that is open. */
const presence = z.strictObject({
  socket: z.string(),
  day: z.string(),
  who: z.string(),
  name: z.string(),
  doing: z.unknown(),
  left: z.literal(true).optional(),
});
export type Presence = z.output<typeof presence>;

/** Somebody who may see the presence of others. */
export type Onlooker = { id: string; topics: ReadonlySet<string>; see(presence: Presence): void };

/**
 * A colleague's presence as somebody may see it (R32). Owners and administrators see what is carried over the board, wherever to. A
 * trainer sees it where it is carried to their own time, and else only that somebody is here.
 */
export function seenBy({ person }: Caller, shown: Presence): Presence {
  const { id, roles = [] } = person ?? {};
  if (roles.includes('owner') || roles.includes('admin')) return shown;
  const { data: goal } = carried.safeParse(shown.doing);
  return goal && goal.place.trainerId === id ? shown : { ...shown, doing: null };
}
const carried = z.object({ place: z.object({ trainerId: z.int() }) });

/** What carries presence between processes. */
export type Bus = { publish(message: string): void };

/** Of one socket so often at most; of what comes in between the last is passed on. */
const APART_MS = 100;
/** Another process says again that its people are here; who is not mentioned for longer is gone with it. */
export const AGAIN_MS = 15_000;
const GONE_MS = 40_000;

/**
 * Who is where, in memory alone: passed on to onlookers of the day in this process, and over the bus to those of others. Nothing of it
 * is stored, and nothing is lost with it.
 */
export function openPresence(bus: Bus, now: () => number = () => performance.now()) {
  const here = new Map<string, Presence & { seenAt: number }>();
  const own = new Set<string>();
  const onlookers = new Set<Onlooker>();
  const waiting = new Map<string, NodeJS.Timeout>();

  function show(shown: Presence) {
    for (const one of onlookers) if (one.id !== shown.socket && one.topics.has(`day:${shown.day}`)) one.see(shown);
  }
  function leave(socket: string) {
    const { seenAt: _, ...before } = here.get(socket) ?? { seenAt: 0 };
    here.delete(socket);
    if ('day' in before) show({ ...before, doing: null, left: true });
  }
  function put(shown: Presence) {
    const before = here.get(shown.socket);
    if (shown.left) return leave(shown.socket);
    if (before && before.day !== shown.day) leave(shown.socket);
    here.set(shown.socket, { ...shown, seenAt: now() });
    if (JSON.stringify(before?.doing) !== JSON.stringify(shown.doing) || before?.day !== shown.day) show(shown);
  }
  const publish = (shown: Presence) => bus.publish(JSON.stringify(shown));
  const plain = ({ seenAt: _, ...shown }: Presence & { seenAt: number }): Presence => shown;

  return {
    enter: (onlooker: Onlooker) => void onlookers.add(onlooker),
    /** Says where somebody is; null: nowhere any more. */
    say(onlooker: Onlooker, caller: Caller, where: Here) {
      const { id } = onlooker;
      clearTimeout(waiting.get(id));
      waiting.delete(id);
      const before = here.get(id);
      if (where === null) {
        own.delete(id);
        leave(id);
        if (before) publish({ ...plain(before), doing: null, left: true });
        return;
      }
      const { first_name = '', last_name = '' } = caller.person ?? {};
      const said = {
        socket: id,
        day: where.day,
        who: caller.name,
        name: `${first_name} ${last_name}`.trim(),
        doing: where.doing ?? null,
      };
      const pass = () => {
        waiting.delete(id);
        own.add(id);
        put(said);
        publish(said);
      };
      const wait = before ? before.seenAt + APART_MS - now() : 0;
      if (wait <= 0) pass();
      else waiting.set(id, setTimeout(pass, wait));
    },
    /** Shows somebody who is at the days that they have begun to watch. */
    showTo(onlooker: Onlooker) {
      for (const one of here.values())
        if (one.socket !== onlooker.id && onlooker.topics.has(`day:${one.day}`)) onlooker.see(plain(one));
    },
    exit(onlooker: Onlooker, caller: Caller) {
      this.say(onlooker, caller, null);
      onlookers.delete(onlooker);
    },
    /** What another process says; one's own comes back as well and is passed over. */
    hear(message: string) {
      const { data } = presence.safeParse(parsed(message));
      if (data && !own.has(data.socket)) put(data);
    },
    /** Every {@link AGAIN_MS}: says again who is here, and lets those go who were not mentioned. */
    again() {
      for (const [socket, one] of here) {
        if (own.has(socket)) publish(plain(one));
        else if (one.seenAt + GONE_MS < now()) leave(socket);
      }
    },
    isAnybodyHere: () => onlookers.size > 0,
  };
}

export const newSocketId = () => randomUUID();

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
