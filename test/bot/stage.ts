import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from 'bullmq';
import { z } from 'zod';
import { createApp } from '../../api/app/app.ts';
import { liveBot } from '../../api/telegram/live.ts';
import { openBackend } from '../../queues/backend/backend.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { drainOutbox } from '../../workers/notifier/outbox/drain.ts';
import { drainOthers } from '../../workers/notifier/outbox/drain-others.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/front-door.ts';
import { fakeTelegram } from '../support/telegram.ts';
import { transcript } from './transcript.ts';

export const ADMIN = 1001;
export const SECOND_ADMIN = 1002;
export const GROUP = -1003;
export type Stage = Awaited<ReturnType<typeof stage>>;

/** Nothing to wait for: the limits are tested where messages are sent by the thousand. */
const noLimits = { turn: async () => true, answered: () => {} };

/** A database, the queues, a Bot API and the bot, with two admins' chats and an admins' group. Close it at the end. */
export async function stage(environment: Record<string, string> = {}) {
  const database = await testDatabase({ max: 15 });
  const { db } = database;
  const telegram = await fakeTelegram();
  const settings = readSettings(
    {
      DATABASE_URL: database.url,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.apiRoot,
      TELEGRAM_ADMIN_CHAT_IDS: `${ADMIN},${SECOND_ADMIN},${GROUP}`,
      ...environment,
    },
    '/nowhere/.env',
  );
  const backend = openBackend({ databaseUrl: database.url, name: 'test' });
  const fleet: Fleet = { name: 'test', settings, db, backend, close: async () => {} };
  const bots: { stop: AbortController; life: Promise<unknown> }[] = [];
  const workers: Worker[] = [];
  const servers: Server[] = [];
  const told = transcript(telegram);
  const never = new AbortController().signal;

  const open = () =>
    db.oneFirst(sql.type(z.object({ open: z.int() }))`
      select (select count(*) from bot_updates where done_at is null)::int
        + (select count(*) from bot_watches join automated_process_history on id = run_id where completed_at is not null)::int as open`);

  const waiting = () =>
    db.oneFirst(sql.type(z.object({ count: z.int() }))`
      select count(*)::int as count from notifications where status = 'pending'`);

  return {
    db,
    database,
    telegram,
    settings,
    fleet,
    told,
    /** A bot of its own, as the notifier runs it. */
    startBot(other: Partial<Fleet> = {}) {
      const stop = new AbortController();
      const bot = { stop, life: liveBot({ ...fleet, ...other }, noLimits, stop.signal) };
      bots.push(bot);
      return bot;
    },
    /** The API on a port of its own, and a key for everything. */
    async openDoor({ key }: { key?: null } = {}) {
      const server = createApp(fleet).listen(0, '127.0.0.1');
      await once(server, 'listening');
      servers.push(server);
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const secret = newSecret();
      await createKey(db, { name: 'desk', secret, scopes: ['*'] });
      return (path: string, body?: unknown, headers?: Record<string, string>) =>
        request(url, 'POST', path, { key: key === null ? null : secret, body, headers });
    },
    /** Where the API that was opened last listens. */
    async address() {
      if (servers.length === 0) await this.openDoor();
      return `http://127.0.0.1:${(servers.at(-1)!.address() as AddressInfo).port}`;
    },
    /** Waits until the bot has said hello to Telegram. */
    awake: () => eventually(() => telegram.called.some(({ method }) => method === 'getUpdates' || method === 'setWebhook')),
    async stopBots() {
      for (const { stop } of bots) stop.abort();
      await Promise.all(bots.splice(0).map(({ life }) => life));
    },
    /** A worker that does what the test says. */
    async work(noun: 'generation' | 'finance', handlers: Record<string, RunHandler>) {
      const worker = startWorker(fleet, noun, { runs: handlers }, never);
      workers.push(worker);
      await worker.waitUntilReady();
    },
    async write(chat: number, text: string, person = chat) {
      const update = telegram.write(chat, text, person);
      told.heard(chat, person, text);
      await this.settled();
      return update;
    },
    /** Presses the button with this label under the latest message that has one. */
    async press(chat: number, label: string, person = chat) {
      const update = this.push(chat, label, person);
      await this.settled();
      return update;
    },
    /** The same without waiting. */
    push(chat: number, label: string, person = chat) {
      const found = told.button(chat, label);
      if (!found) throw new Error(`nothing in chat ${chat} has a button "${label}"`);
      told.heard(chat, person, `[${label}]`);
      return telegram.press(found.message, found.data, person);
    },
    /** Waits until everything that came has been answered. */
    settled: () => eventually(async () => telegram.unconfirmed() === 0 && (await open()) === 0),
    /** Waits until a run is over and whoever waits for it has been told; alerts go out too. */
    async over(count = 1) {
      await eventually(async () => (await this.runs()).filter(({ completed_at }) => completed_at).length >= count);
      await this.settled();
      await eventually(async () => {
        await this.deliver();
        return (await waiting()) === 0;
      });
    },
    /** Sends what the outbox holds. */
    async deliver() {
      await drainOutbox(fleet, never);
      await drainOthers(fleet, never);
    },
    runs: () =>
      db.any(
        sql.type(
          z.object({
            id: z.int(),
            run_key: z.string(),
            status: z.string(),
            created_by: z.string(),
            completed_at: z.string().nullable(),
          }),
        )`select id, run_key, status, created_by, completed_at from automated_process_history order by id`,
      ),
    retry: runs.daily.retry,
    async close() {
      await this.stopBots();
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      await Promise.all(workers.map((worker) => worker.close()));
      await backend.close();
      await telegram.close();
      await database.close();
    },
  };
}
