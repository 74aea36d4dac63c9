import type { Settings } from '../../../queues/process/settings.ts';
import { channels, type OtherChannel } from '../../../sql/notifications/channels.ts';
import { vapidSubject } from './vapid.ts';

export type ChannelSettings = Pick<Settings, 'mail' | 'sms' | 'publicUrl'> & Partial<Pick<Settings, 'pushLoopback'>>;

const isSetUp: Record<OtherChannel, (settings: ChannelSettings) => boolean> = {
  push: (settings) => vapidSubject(settings) !== undefined,
  email: ({ mail }) => mail !== undefined,
  sms: ({ sms }) => sms !== undefined,
};

/** The channels beside Telegram that are set up, in the order they are tried. Loads nothing that sends. */
export const carriersOf = (settings: ChannelSettings): OtherChannel[] =>
  channels.filter((channel) => channel !== 'telegram').filter((channel) => isSetUp[channel](settings));
