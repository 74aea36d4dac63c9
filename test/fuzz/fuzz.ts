import { Agent, request } from 'node:http';
import { dayOf } from '../../queues/time/calendar.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import type { TestApi } from '../support/front-door.ts';
import { curlOf, operationsOf, type Shot, shoot } from './requests.ts';
import { random } from './values.ts';

/** Requests under way at once. */
const AT_ONCE = 4;
/** An answer may be this many times its question, apart from lists and what was asked for by a read. */
const MOST_TIMES = 20;
/** Bytes of a question that are not its own: what a browser or a library sends along. */
const ALONG = 250;

type Reply = { status: number; text: string };
export type Outcome = {
  seed: number;
  asked: number;
  statuses: Record<number, number>;
  bystander: Waited;
  failures: string[];
};
/**
 * The most that a bystander has waited for one answer: how many who asked later were answered earlier, which says something on any
 * machine; milliseconds, and milliseconds of processor this process has had meanwhile, which do so on a quiet one.
 */
type Waited = { ms: number; overtaken: number; cpuMs: number };

/** Asks `requests` times what the seed says, against the API of a demo studio. Each failure says how to repeat it. */
export async function fuzz(api: TestApi, seed: number, requests: number): Promise<Outcome> {
  const { body: document } = await api.get('/openapi.json');
  const operations = operationsOf(document);
  const chance = random(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const keys = await Promise.all(Array.from({ length: 8 }, () => api.key('*')));
  const outcome: Outcome = { seed, asked: 0, statuses: {}, bystander: { ms: 0, overtaken: 0, cpuMs: 0 }, failures: [] };
  /** When each of the last answered requests had been asked. */
  let answered: number[] = [];
  const fail = (shot: Shot, why: string) => outcome.failures.push(`seed ${seed}: ${why}\n  ${curlOf(shot, api.url)}`);

  async function lane(key: string) {
    while (outcome.asked < requests) {
      outcome.asked += 1;
      const shot = shoot(operations, document, chance);
      const at = performance.now();
      const reply = await ask(api.url, shot, key, agent).catch((error: Error) => ({
        status: 0,
        length: 0,
        text: error.message,
      }));
      outcome.statuses[reply.status] = (outcome.statuses[reply.status] ?? 0) + 1;
      answered.push(at);
      const why = whatIsWrong(shot, reply);
      if (why) fail(shot, why);
    }
  }

  const note = ({ ms, overtaken, cpuMs }: Waited) => {
    const most = outcome.bystander;
    outcome.bystander = {
      ms: Math.max(most.ms, ms),
      overtaken: Math.max(most.overtaken, overtaken),
      cpuMs: Math.max(most.cpuMs, cpuMs),
    };
  };
  let isOver = false;
  async function bystander() {
    const key = await api.key('schedule:read');
    while (!isOver) {
      answered = [];
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      const { status } = await api.get('/schedule', { key });
      const { user, system } = process.cpuUsage(cpu);
      const overtaken = answered.filter((at) => at > began).length;
      note({ ms: performance.now() - began, overtaken, cpuMs: (user + system) / 1_000 });
      if (status !== 200) outcome.failures.push(`seed ${seed}: a bystander got ${status} after ${outcome.asked} requests`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }
  const watching = bystander();
  await Promise.all(keys.slice(0, AT_ONCE).map(lane));
  isOver = true;
  await watching;
  agent.destroy();
  return outcome;
}

/** The studio that is asked: people, groups, subscriptions, offers. */
export const fillStudio = (api: TestApi) => loadDemo(api.db, { today: dayOf(new Date(), api.fleet.settings.zone) });

/** The settings of the API that is asked: as many requests as come. */
export const FUZZ_SETTINGS = { RATE_LIMIT_PER_MINUTE: '1000000' };

function whatIsWrong(shot: Shot, { status, text }: Reply): string | undefined {
  if (status === 0) return isNoHttp(shot) ? undefined : `no answer: ${text}`;
  if (status >= 500) return `${status}: ${text.slice(0, 500)}`;
  const asked = ALONG + shot.path.length + (shot.body?.length ?? 0);
  if (shot.method === 'GET' && status < 300) return undefined;
  const own = status < 300 ? lengthWithoutLists(text) : text.length;
  return own > MOST_TIMES * asked ? `${own} characters for ${asked} (${status})` : undefined;
}

const lengthWithoutLists = (text: string) =>
  text === '' ? 0 : JSON.stringify(JSON.parse(text), (_, value) => (Array.isArray(value) ? [] : value)).length;

/** Node's own server hangs up on these. */
const isNoHttp = ({ path }: Shot) => path.length > 15_000;

function ask(url: string, { method, path, headers, body }: Shot, key: string, agent: Agent): Promise<Reply> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const own = body ? { 'Content-Length': String(body.length) } : {};
    const asking = request({
      hostname,
      port,
      method,
      path,
      agent,
      headers: { 'X-API-Key': key, ...headers, ...own },
      timeout: 60_000,
    });
    asking.on('error', reject);
    asking.on('timeout', () => asking.destroy(new Error('nothing came back for 60 s')));
    asking.on('response', async (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    });
    asking.end(body);
  });
}
