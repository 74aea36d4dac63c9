import { once } from 'node:events';
import { request as plain } from 'node:http';
import { request as encrypted } from 'node:https';
import { json } from 'node:stream/consumers';
import type { Settings } from '../../queues/process/settings.ts';

type Address = Pick<Settings, 'host' | 'port' | 'tls'>;

/** Where this machine reaches the API. */
export function baseUrl({ host, port, tls }: Address): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${tls ? 'https' : 'http'}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** Where people open the pages: `PUBLIC_URL`, or this API itself. */
export const publicUrl = (settings: Settings) => settings.publicUrl ?? baseUrl(settings);

export type ApiAnswer = { status: number; body: unknown };

/**
 * Asks the fleet's own API, with a body as JSON, and reads its JSON. Its certificate is not judged: it is made out to the name clients use, and this machine
 * asks by address. Throws when nobody answers.
 */
export async function askApi(
  settings: Address,
  path: string,
  { body, headers, ...options }: { method?: string; headers?: Record<string, string>; body?: object } = {},
): Promise<ApiAnswer> {
  const request = (settings.tls ? encrypted : plain)(`${baseUrl(settings)}${path}`, {
    ...options,
    headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
    agent: false,
    rejectUnauthorized: false,
  } as object);
  request.end(body && JSON.stringify(body));
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await json(response) };
}

/** Whether every part of the fleet is up, with the names of those that are not; undefined when the API does not answer. */
export async function askReadiness(settings: Address): Promise<{ isReady: boolean; down: string[] } | undefined> {
  const answer = await askApi(settings, '/health/ready').catch(() => undefined);
  return answer && { isReady: answer.status === 200, down: downParts(answer.body) };
}

function downParts(body: unknown): string[] {
  const { parts = {} } = (body ?? {}) as { parts?: Record<string, string> };
  return Object.keys(parts).filter((part) => parts[part] !== 'up');
}
