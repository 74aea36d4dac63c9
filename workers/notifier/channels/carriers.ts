import type { Settings } from '../../../queues/process/settings.ts';
import type { Database } from '../../../sql/database/database.ts';
import { channels, type OtherChannel } from '../../../sql/notifications/channels.ts';
import { byMail } from './by-mail.ts';
import { byPush } from './by-push.ts';
import { bySms } from './by-sms.ts';
import { vapidSubject } from './vapid.ts';

/**
 * A message as it is to be carried: its first line is what it is called. `id` is its own, the same at every attempt; `priority` 2 is
 * urgent, 0 a digest.
 */
export type Letter = { id: number; address: string; subject: string; text: string; priority: number; locale: Settings['locale'] };
/**
 * What became of one attempt. `refused`: it never will arrive by this channel, and the message goes on by the next; `isAddress` where
 * it is the address that is wrong, so that later ones do not try it. `later`: trouble that passes, or nobody knows.
 */
export type CarrierAnswer =
  | { outcome: 'sent' }
  | { outcome: 'later'; error: string }
  | { outcome: 'refused'; error: string; isAddress: boolean };

/** Sends one message, once. Refusals and outages are returned, never thrown; their texts hold no secret. */
export type Carrier = (letter: Letter, settings: CarrierSettings, db: Database) => Promise<CarrierAnswer>;
export type CarrierSettings = Pick<Settings, 'mail' | 'sms' | 'publicUrl'> & Partial<Pick<Settings, 'pushLoopback'>>;

/** A message that needs nothing of the database, so that it leaves while that is away. */
export type PlainLetter = Omit<Letter, 'priority' | 'locale'>;
export type PlainCarrier = (letter: PlainLetter, settings: CarrierSettings) => Promise<CarrierAnswer>;

const plainCarriers = { email: byMail, sms: bySms };
/** Sends one message by e-mail or SMS, once, without the database. */
export const carryPlain = (channel: keyof typeof plainCarriers, ...to: Parameters<PlainCarrier>): Promise<CarrierAnswer> =>
  plainCarriers[channel](...to);

const carriers: Record<OtherChannel, { isSetUp(settings: CarrierSettings): boolean; carryLetter: Carrier }> = {
  push: { isSetUp: (settings) => vapidSubject(settings) !== undefined, carryLetter: byPush },
  email: { isSetUp: ({ mail }) => mail !== undefined, carryLetter: byMail },
  sms: { isSetUp: ({ sms }) => sms !== undefined, carryLetter: bySms },
};

/** The channels beside Telegram that are set up, in the order they are tried. */
export const carriersOf = (settings: CarrierSettings): OtherChannel[] =>
  channels.filter((channel) => channel !== 'telegram').filter((channel) => carriers[channel].isSetUp(settings));

export const carryLetter = (channel: OtherChannel, ...to: Parameters<Carrier>): Promise<CarrierAnswer> =>
  carriers[channel].carryLetter(...to);
