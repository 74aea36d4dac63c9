import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, giveAnswer, hasArrived, paramsOf, refuse } from './telegram/answers.ts';
import { telegramLimits } from './telegram/limits.ts';
import { textTrouble } from './telegram/text.ts';
import { updateQueue } from './telegram/updates.ts';

export type { Answer } from './telegram/answers.ts';

type Script = Answer | (() => Answer | Promise<Answer>);

/** A message as it arrived. `at` is on the clock of `performance.now()`. */
export type Received = {
  method: string;
  chat_id: number;
  /** The text, or a picture's caption. */
  text: string;
  params: Record<string, unknown>;
  message_id: number;
  at: number;
  answer: Answer;
  /** Who brought it, where that says so in its root: `/via/NAME`. */
  via?: string;
};
/** A call that is no message. */
export type Called = { method: string; params: Record<string, unknown> };

/** What puts words before people, and so counts towards the limits; the longest text each takes. */
const messages: Record<string, { text: string; entities: string; most: number }> = {
  sendMessage: { text: 'text', entities: 'entities', most: 4_096 },
  editMessageText: { text: 'text', entities: 'entities', most: 4_096 },
  sendPhoto: { text: 'caption', entities: 'caption_entities', most: 1_024 },
};
const others = [
  'answerCallbackQuery',
  'setMyCommands',
  'deleteMyCommands',
  'setChatMenuButton',
  'setMyDescription',
  'setMyShortDescription',
  'setWebhook',
  'deleteWebhook',
  'sendChatAction',
  'editMessageReplyMarkup',
];
const me = { id: 123456, is_bot: true, first_name: 'Fake', username: 'fake_studio_bot' };

type Options = {
  /** Enforces Telegram's limits, answers 429 when they are broken, and counts; `speed` makes its seconds shorter. */
  limits?: { speed?: number };
  /** Milliseconds every answer takes. */
  latency?: number;
};

/**
 * A Bot API of our own on a free port, for one token. Answers 200 unless told otherwise; texts that Telegram would not take
 * are refused. Its limits are enforced when asked for.
 */
export async function fakeTelegram(token = '123456:test-token-of-the-fake-telegram', options: Options = {}) {
  const received: Received[] = [];
  const called: Called[] = [];
  const queue: Script[] = [];
  const byChat = new Map<number, Script[]>();
  const updates = updateQueue();
  const limits = options.limits ? telegramLimits(options.limits.speed) : null;
  let floodUntil = 0;
  let lastMessage = 0;

  /** What a message is answered: what the test scripted, else what Telegram would say to it. */
  async function answerTo(message: Received): Promise<Answer> {
    const script = byChat.get(message.chat_id)?.shift() ?? queue.shift();
    if (script !== undefined) return typeof script === 'function' ? script() : script;
    const flood = floodUntil - performance.now();
    if (flood > 0) return { retryAfter: Math.ceil(flood / 1_000) };
    const { text, entities, most } = messages[message.method]!;
    const isPicture = text === 'caption' && message.params.caption === undefined;
    const bad = isPicture ? null : textTrouble(message.text, message.params[entities], most);
    if (bad) return { bad };
    const wait = limits?.arrive(message.chat_id) ?? 0;
    if (wait > 0) return { retryAfter: wait };
    return options.latency ? { slow: options.latency } : 200;
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://telegram');
    const [, via, path = ''] = /^(?:\/via\/([^/]+))?(\/.*)$/.exec(url.pathname) ?? [];
    const method = path.startsWith(`/bot${token}/`) ? path.slice(`/bot${token}/`.length) : null;
    if (method === null) return refuse(response, 401, 'Unauthorized');
    const params = await paramsOf(request, url.searchParams);
    const kind = messages[method];
    if (kind) {
      if (method !== 'editMessageText') lastMessage += 1;
      const message_id = method === 'editMessageText' ? Number(params.message_id) : lastMessage;
      const text = String(params[kind.text] ?? '');
      const chat_id = Number(params.chat_id);
      const message: Received = { method, chat_id, text, params, message_id, at: performance.now(), answer: 'hang' };
      if (via !== undefined) message.via = via;
      received.push(message);
      message.answer = await answerTo(message);
      const chat = { id: chat_id, type: chat_id < 0 ? 'group' : 'private' };
      return giveAnswer(response, message.answer, { message_id, date: Math.floor(Date.now() / 1_000), chat, from: me, text });
    }
    called.push({ method, params });
    if (method === 'getMe') return giveAnswer(response, 200, me);
    if (method === 'getUpdates') return updates.poll(response, params);
    if (others.includes(method)) return giveAnswer(response, 200, true);
    refuse(response, 404, 'Not Found');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const from = (id: number) => ({ id, is_bot: false, first_name: `Person ${id}`, language_code: 'ru' });
  const chatOf = (id: number) => ({ id, type: id < 0 ? 'group' : 'private' });
  const date = () => Math.floor(Date.now() / 1_000);
  let written = 500_000;

  return {
    token,
    me,
    apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every message that arrived, whatever it was answered. */
    received,
    /** Every call that is no message, such as `answerCallbackQuery` and `setMyCommands`. */
    called,
    /** How often each limit was broken; null when none is enforced. */
    refused: limits?.refused ?? null,
    /** The texts a chat was given, edits included. */
    delivered: (chat: number) =>
      received.filter(({ chat_id, answer }) => chat_id === chat && hasArrived(answer)).map(({ text }) => text),
    /** The next answers, to whatever chat has no answers of its own. */
    answerNext: (...answers: Script[]) => void queue.push(...answers),
    /** The next answers to this chat. */
    answerChat: (chat: number, ...answers: Script[]) => void byChat.set(chat, [...(byChat.get(chat) ?? []), ...answers]),
    /** For so many seconds the whole bot is refused. */
    flood(seconds: number) {
      floodUntil = performance.now() + seconds * 1_000;
    },
    /** Any update, as `getUpdates` will bring it. Returns its number. */
    push: updates.push,
    unconfirmed: updates.unconfirmed,
    brokenOff: updates.brokenOff,
    waiting: updates.waiting,
    /** A person writes to the bot. Returns the update's number. */
    write(chat: number, text: string, person = chat) {
      written += 1;
      const entities = text.startsWith('/')
        ? [{ type: 'bot_command', offset: 0, length: text.split(/\s/)[0]!.length }]
        : undefined;
      return updates.push({
        message: { message_id: written, date: date(), chat: chatOf(chat), from: from(person), text, entities },
      });
    },
    /** A person presses a button under a message. Returns the update's number. */
    press(message: Pick<Received, 'chat_id' | 'message_id' | 'text'>, data: string, person = message.chat_id) {
      written += 1;
      const { chat_id, message_id, text } = message;
      return updates.push({
        callback_query: {
          id: String(written),
          from: from(person),
          chat_instance: '1',
          message: { message_id, date: date(), chat: chatOf(chat_id), from: me, text },
          data,
        },
      });
    },
    async close() {
      const closed = once(server, 'close');
      updates.close();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
export type FakeTelegram = Awaited<ReturnType<typeof fakeTelegram>>;
