import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What the server says to one call: a status, a hung request, a dropped connection, or something that is not the Bot API. */
export type Answer =
  | 200
  | 400
  | 402
  | 403
  | 500
  | { retryAfter: number }
  | { chatMovedTo: number }
  | { bad: string }
  | { html: number }
  /** The answer comes late by so many milliseconds. */
  | { slow: number }
  | 'hang'
  /** The connection breaks and nothing was done. */
  | 'drop'
  /** The message is there, and the connection breaks before the answer. */
  | 'lost answer';

const refusals = {
  400: { error_code: 400, description: 'Bad Request: chat not found' },
  402: { error_code: 402, description: 'Payment Required' },
  403: { error_code: 403, description: 'Forbidden: bot was blocked by the user' },
  500: { error_code: 500, description: 'Internal Server Error' },
};

/** True when a message that was answered so has reached its chat. */
export const hasArrived = (answer: Answer) =>
  answer === 200 || answer === 'lost answer' || (typeof answer === 'object' && 'slow' in answer);

/** Answers a call; `result` is what it returns when all is well. */
export function giveAnswer(response: ServerResponse, answer: Answer, result: unknown) {
  if (answer === 'hang') return;
  if (answer === 'drop' || answer === 'lost answer') return void response.destroy();
  if (answer === 200) return say(response, 200, { ok: true, result });
  if (typeof answer === 'number') return say(response, answer, { ok: false, ...refusals[answer] });
  if ('slow' in answer) return void setTimeout(() => say(response, 200, { ok: true, result }), answer.slow).unref();
  if ('html' in answer) return void response.writeHead(answer.html, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
  if ('bad' in answer) return refuse(response, 400, `Bad Request: ${answer.bad}`);
  if ('chatMovedTo' in answer) {
    const parameters = { migrate_to_chat_id: answer.chatMovedTo };
    return refuse(response, 400, 'Bad Request: group chat was upgraded to a supergroup chat', parameters);
  }
  const parameters = { retry_after: answer.retryAfter };
  refuse(response, 429, `Too Many Requests: retry after ${answer.retryAfter}`, parameters);
}

export const refuse = (response: ServerResponse, error_code: number, description: string, parameters?: object) =>
  say(response, error_code, { ok: false, error_code, description, parameters });

export function say(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The params of a call, from the query, JSON, an urlencoded or a multipart form: the Bot API takes them all. Files stay files. */
export async function paramsOf(request: IncomingMessage, query: URLSearchParams): Promise<Record<string, unknown>> {
  const body = await buffer(request);
  const type = request.headers['content-type'] ?? '';
  const read = (form: Iterable<[string, unknown]>) => Object.fromEntries([...form].map(([name, value]) => [name, parsed(value)]));
  if (body.length === 0) return read(query);
  if (type.includes('json')) return JSON.parse(body.toString('utf8'));
  if (type.includes('urlencoded')) return read(new URLSearchParams(body.toString('utf8')));
  return read((await new Response(body, { headers: { 'content-type': type } }).formData()) as Iterable<[string, unknown]>);
}

/** In forms, objects and lists come as JSON. */
function parsed(value: unknown) {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
