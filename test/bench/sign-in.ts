import { once } from 'node:events';
import { Agent, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { z } from 'zod';
import { createApiServer } from '../../api/app/server.ts';
import { openBackend } from '../../queues/backend/backend.ts';
import { API_DATABASE, type Fleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { findSession } from '../../sql/auth/sessions.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { listTrainings } from '../../sql/trainings/roster.ts';
import { hashPassword } from '../../workers/sign-in/hash.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import { ownProcess } from '../faults/own-process.ts';
import { request } from '../support/front-door.ts';
import { mb, median, ms, percentile, report, residentKb, times } from './measure.ts';

const ZONE = 'Europe/Moscow';
const AT_ONCE = 16;
const REQUESTS = 1_500;
const ROUNDS = 5;
const SECONDS = 20;
const GUESSERS = 40;

/** What a signed-in person waits for beside a bare handler with the same query, and what others notice of somebody who guesses passwords. */
export async function benchSignIn(url: string) {
  const db = await openDatabase(url, { ...API_DATABASE, name: 'bench' });
  const now = new Date();
  await loadDemo(db, { today: dayOf(now, ZONE) });
  const person = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, last_name, login) values ('Bench', 'B', 'bench') returning id`);
  await db.query(sql.unsafe`insert into user_roles (user_id, role) values (${person}, 'owner')`);
  await db.query(sql.unsafe`insert into passwords (user_id, hash) values (${person}, ${await hashPassword('the password')})`);
  const { token } = await openSession(db, { id: person, roles: ['owner'] }, 'password', { agent: '', address: '' }, now);

  const settings = readSettings({ DATABASE_URL: url, RATE_LIMIT_PER_MINUTE: '1000000', STUDIO_TZ: ZONE }, '/nowhere/.env');
  const backend = openBackend({ databaseUrl: url, name: 'bench' });
  const fleet: Fleet = { name: 'api', settings, db, backend, close: async () => undefined };
  const bare = express();
  bare.get('/me', async (_request, response) => {
    response.json(await findSession(db, tokenHash(token), new Date(), dayOf(new Date(), ZONE)));
  });
  bare.get('/real-trainings', async (_request, response) => {
    const from = dayOf(new Date(), ZONE);
    response.json({ items: await listTrainings(db, { whose: EVERYTHING, from, to: addDays(from, 6), limit: 51 }) });
  });
  const servers = await Promise.all([createApiServer(fleet), bare].map((app) => listening(app.listen(0, '127.0.0.1') as Server)));
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  for (const path of ['/me', '/real-trainings']) {
    const took: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [which, at] of servers.entries()) {
        const start = performance.now();
        await abreast(REQUESTS, () => get(agent, `${at.url}${path}`, `sf_session=${token}`));
        if (round > 0) took[which]!.push(performance.now() - start);
      }
    }
    const [ours, floor] = took.map(median) as [number, number];
    report(`GET ${path}, beside a bare handler with its query`, times(floor / ours), 'aim: at least 0.5 x');
    report(`GET ${path}, a second`, (REQUESTS / (ours / 1_000)).toFixed(0));
  }
  agent.destroy();
  for (const { server } of servers) server.close();
  await backend.close();

  await whileGuessed(url);
  await db.end();
}

/** Somebody guesses from many addresses; others sign in, from a browser that is known and from one that is not. */
async function whileGuessed(url: string) {
  const port = await freePort();
  const api = await ownProcess('api/server.ts', {
    DATABASE_URL: url,
    REDIS_URL: '',
    PORT: String(port),
    TRUST_PROXY: 'loopback',
    RATE_LIMIT_PER_MINUTE: '1000000',
  });
  const at = `http://127.0.0.1:${port}`;
  const signIn = (login: string, password: string, from: string, cookie = '') =>
    request(at, 'POST', '/auth/sign-in', { body: { login, password }, headers: { 'X-Forwarded-For': from, Cookie: cookie } });
  const first = await signIn('bench', 'the password', '192.0.2.1');
  const device = first.headers
    .getSetCookie()
    .find((line) => line.startsWith('sf_device='))
    ?.split(';')[0] as string;
  let [isOver, count] = [false, 0];
  const guessed: number[] = [];
  const guess = async () => {
    while (!isOver) {
      count += 1;
      const n = count;
      const start = performance.now();
      await signIn(`victim.${n}`, 'guess', `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`);
      guessed.push(performance.now() - start);
    }
  };
  const guessing = Array.from({ length: GUESSERS }, guess);
  const resident: number[] = [];
  const [known, others]: [number[], number[]] = [[], []];
  const began = performance.now();
  for (let n = 0; performance.now() - began < SECONDS * 1_000; n += 1) {
    const [cookie, took] = n % 2 === 0 ? [device, known] : ['', others];
    const start = performance.now();
    const { status } = await signIn('bench', 'the password', `192.0.2.${n % 250}`, cookie);
    took.push(performance.now() - start);
    if (performance.now() - began > (resident.length * SECONDS * 1_000) / 4) resident.push(mb(residentKb(api.pid)));
    if (cookie && status !== 200) throw new Error(`a known device got ${status}`);
  }
  isOver = true;
  await Promise.all(guessing);
  report('guesses answered a second, of many addresses', (count / SECONDS).toFixed(0));
  report('sign-in meanwhile, known device, p99', ms(percentile(known, 0.99)), 'aim: under 2 s');
  report('sign-in meanwhile, anybody else, p99', ms(percentile(others, 0.99)), 'aim: under 2 s');
  report('a guess is answered, p99', ms(percentile(guessed, 0.99)), 'aim: under 2 s');
  resident.push(mb(residentKb(api.pid)));
  report('the API resident at each quarter of it, and at the end', `${resident.join(', ')} MB`, 'aim: flat');
  api.signal('SIGTERM');
  await api.exit();
}

async function listening(server: Server) {
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Does something so many times, {@link AT_ONCE} at once. */
async function abreast(count: number, work: () => Promise<void>) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const get = (agent: Agent, url: string, cookie: string) =>
  new Promise<void>((resolve, reject) => {
    const asked = send(url, { agent, headers: { Cookie: cookie } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().once('end', resolve);
    });
    asked.once('error', reject).end();
  });
