import type { Settings } from '../../../queues/process/settings.ts';
import type { Database } from '../../../sql/database/database.ts';
import type { OtherChannel } from '../../../sql/notifications/channels.ts';
import { byMail } from './by-mail.ts';
import { byPush } from './by-push.ts';
import { bySms } from './by-sms.ts';
import type { ChannelSettings } from './set-up.ts';

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
export type CarrierSettings = ChannelSettings;

/** A message that needs nothing of the database, so that it leaves while that is away. */
export type PlainLetter = Omit<Letter, 'priority' | 'locale'>;
export type PlainCarrier = (letter: PlainLetter, settings: CarrierSettings) => Promise<CarrierAnswer>;

const plainCarriers = { email: byMail, sms: bySms };
/** Sends one message by e-mail or SMS, once, without the database. */
export const carryPlain = (channel: keyof typeof plainCarriers, ...to: Parameters<PlainCarrier>): Promise<CarrierAnswer> =>
  plainCarriers[channel](...to);

const carriers: Record<OtherChannel, Carrier> = { push: byPush, email: byMail, sms: bySms };

export const carryLetter = (channel: OtherChannel, ...to: Parameters<Carrier>): Promise<CarrierAnswer> =>
  carriers[channel](...to);
