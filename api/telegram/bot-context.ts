import type { Api } from 'node-telegram-bot-api';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { Me } from './decision.ts';

/** What the bot works with. */
export type BotContext = Pick<Fleet, 'db' | 'backend' | 'settings'> & {
  api: Api;
  me: Me;
  /** Waits until a message to the chat may be sent, within the limits that the whole fleet shares. False when the signal came first. */
  turn(chatId: number, signal: AbortSignal): Promise<boolean>;
  /** Ends a turn: its message has been answered, or Telegram asked to wait so many seconds. */
  answered(chatId: number, floodSeconds: number | null): void;
};
