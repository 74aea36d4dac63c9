/**
 * The ways a message can go, in the order they are tried: by the first one a person has and that works. A channel that is new takes
 * its place here, a line in `hasChannel` of other-channels.ts, and a carrier in workers/notifier/channels.
 */
export const channels = ['telegram', 'push', 'email', 'sms'] as const;
export type Channel = (typeof channels)[number];
/** Those that are not Telegram, which has limits and turns of its own. */
export type OtherChannel = Exclude<Channel, 'telegram'>;
