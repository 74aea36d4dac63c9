import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What the server says to one message: a status, a hung request, a dropped connection, or something that is not the Bot API. */
export type Answer =
  | 200
  | 400
  | 403
  | 500
  | { retryAfter: number }
  | { chatMovedTo: number }
  | { html: number }
  | 'hang'
  | 'drop';
type Script = Answer | (() => Answer | Promise<Answer>);

/** A message as it arrived. `at` is on the clock of `performance.now()`. */
export type Received = { chat_id: number; text: string; at: number; answer: Answer };

const refusals = {
  400: { error_code: 400, description: 'Bad Request: chat not found' },
  403: { error_code: 403, description: 'Forbidden: bot was blocked by the user' },
  500: { error_code: 500, description: 'Internal Server Error' },
};

/**
 * A Bot API of our own on a free port, for one token: `sendMessage` and `getMe`. Answers 200 unless told otherwise.
 * Its limits are not Telegram's: it enforces none.
 */
export async function fakeTelegram(token = '123456:test-token-of-the-fake-telegram') {
  const received: Received[] = [];
  const queue: Script[] = [];
  const byChat = new Map<number, Script[]>();

  const server = createServer(async (request, response) => {
    const method = request.url?.startsWith(`/bot${token}/`) ? request.url.slice(`/bot${token}/`.length) : null;
    if (method === null) return say(response, 401, { ok: false, error_code: 401, description: 'Unauthorized' });
    if (method === 'getMe') return say(response, 200, { ok: true, result: { id: 123456, is_bot: true, first_name: 'Fake' } });
    if (method !== 'sendMessage') return say(response, 404, { ok: false, error_code: 404, description: 'Not Found' });
    const { chat_id, text } = await paramsOf(request);
    const chat = Number(chat_id);
    const message: Received = { chat_id: chat, text: String(text), at: performance.now(), answer: 200 };
    received.push(message);
    const script = byChat.get(chat)?.shift() ?? queue.shift() ?? 200;
    message.answer = typeof script === 'function' ? await script() : script;
    answer(response, message, received.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    token,
    apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every message that arrived, whatever it was answered. */
    received,
    /** The texts a chat was given, that is, those answered with 200. */
    delivered: (chat: number) =>
      received.filter(({ chat_id, answer }) => chat_id === chat && answer === 200).map(({ text }) => text),
    /** The next answers, to whatever chat has no answers of its own. */
    answerNext: (...answers: Script[]) => void queue.push(...answers),
    /** The next answers to this chat. */
    answerChat: (chat: number, ...answers: Script[]) => void byChat.set(chat, [...(byChat.get(chat) ?? []), ...answers]),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
export type FakeTelegram = Awaited<ReturnType<typeof fakeTelegram>>;

function answer(response: ServerResponse, { answer, chat_id, text }: Received, messageId: number) {
  if (answer === 'hang') return;
  if (answer === 'drop') return void response.destroy();
  if (answer === 200) {
    const result = { message_id: messageId, date: Math.floor(Date.now() / 1_000), chat: { id: chat_id, type: 'private' }, text };
    return say(response, 200, { ok: true, result });
  }
  if (typeof answer === 'number') return say(response, answer, { ok: false, ...refusals[answer] });
  if ('html' in answer) return void response.writeHead(answer.html, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
  if ('chatMovedTo' in answer) {
    const description = 'Bad Request: group chat was upgraded to a supergroup chat';
    return say(response, 400, {
      ok: false,
      error_code: 400,
      description,
      parameters: { migrate_to_chat_id: answer.chatMovedTo },
    });
  }
  const description = `Too Many Requests: retry after ${answer.retryAfter}`;
  say(response, 429, { ok: false, error_code: 429, description, parameters: { retry_after: answer.retryAfter } });
}

function say(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The params of a call, from JSON, an urlencoded or a multipart form: the Bot API takes all three. */
async function paramsOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await buffer(request);
  const type = request.headers['content-type'] ?? '';
  if (type.includes('json')) return JSON.parse(body.toString('utf8'));
  if (type.includes('urlencoded')) return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return Object.fromEntries(await new Response(body, { headers: { 'content-type': type } }).formData());
}
