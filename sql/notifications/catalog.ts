import type { z } from 'zod';
import { DAY_MS } from '../database/instants.ts';
import { adminMessages, alertMessages, chatMessages } from './messages/admins.ts';
import { beltMessages } from './messages/belts.ts';
import { bookingMessages } from './messages/bookings.ts';
import type { Entry, Priority } from './messages/message.ts';
import { peopleMessages } from './messages/people.ts';
import { signInMessages } from './messages/sign-in.ts';
import { studioMessages } from './messages/studio.ts';
import { moneyMessages, subscriptionMessages } from './messages/subscriptions.ts';
import { trainingMessages } from './messages/trainings.ts';
import { vendingAdminMessages, vendingMessages } from './messages/vending.ts';

const forAdmins = { ...adminMessages, ...alertMessages, ...studioMessages, ...vendingAdminMessages };
const forPeople = {
  ...trainingMessages,
  ...beltMessages,
  ...bookingMessages,
  ...subscriptionMessages,
  ...moneyMessages,
  ...signInMessages,
  ...vendingMessages,
  ...studioMessages,
  ...peopleMessages,
} satisfies Record<string, { call: unknown }>;

/**
 * Every message there is: its kind, its urgency, its params, what it is about and which earlier messages it outdates. Params are
 * read back from the database through their schema, so one that an earlier version wrote must still fit: what is new has a default.
 */
export const catalog = { ...forAdmins, ...chatMessages, ...forPeople };
export type MessageName = keyof typeof catalog;
export type AdminMessageName = keyof typeof forAdmins;
export type PersonMessageName = keyof typeof forPeople;
export type ParamsOf<N extends MessageName> = z.output<(typeof catalog)[N]['params']>;

/** A message by its name, with the params of exactly that name. */
export type Message<N extends MessageName = MessageName> = { [K in N]: { template: K; params: ParamsOf<K> } }[N];

export const messageNames = Object.keys(catalog) as MessageName[];
export const isMessageName = (name: string): name is MessageName => Object.hasOwn(catalog, name);
const entryOf = (name: MessageName): Entry => catalog[name];

/** What a message is about; empty where nothing is known of it. */
export const subjectsOf = ({ template, params }: Message): readonly string[] =>
  entryOf(template).subjects?.(params as never) ?? [];

/** Whether its reader is to be called about it where no channel reaches them; params as they were written. */
export function needsCall(name: MessageName, params: unknown): boolean {
  const { call = false, params: schema } = entryOf(name);
  return typeof call === 'boolean' ? call : call(schema.parse(params) as never);
}

/** The messages that one of this name outdates. */
export const supersededBy = (name: MessageName) =>
  (entryOf(name).supersedes ?? []) as readonly Superseded[] satisfies readonly MessageName[];
/** What some message outdates; none but names of messages. */
type Superseded = {
  [N in MessageName]: (typeof catalog)[N] extends { supersedes: readonly (infer T)[] } ? T : never;
}[MessageName];

/**
 * What is about something that begins within a day is urgent: it overtakes everything else. Whether it may wake somebody is
 * judged when it is sent.
 */
export const priorityOf = (startsAt: string, now: string): Priority =>
  Date.parse(startsAt) - Date.parse(now) <= DAY_MS ? 'urgent' : 'normal';

/** A message's urgency; `soon` is judged by when what it is about begins. */
export function urgencyOf(name: MessageName, occasion: string | null, now: Date): Priority {
  const { urgency } = entryOf(name);
  if (urgency !== 'soon') return urgency;
  return occasion === null ? 'normal' : priorityOf(occasion, now.toISOString());
}

/** A kind of messages that a studio, or a person, can switch off. */
export type Kind = NonNullable<(typeof catalog)[MessageName]['kind']>;
export const kindNames = [...new Set(messageNames.flatMap((name) => catalog[name].kind ?? []))] as Kind[];

/** The kind of a message; null for what cannot be switched off: alarms, and the answers of the bot. */
export const kindOf = (name: string): Kind | null => (isMessageName(name) ? catalog[name].kind : null);
