import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import pg from 'pg';
import { type Backend, openBackend } from '../../queues/backend/backend.ts';
import { enqueue } from '../../queues/backend/enqueue.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { eventually } from '../support/eventually.ts';
import { rounds } from '../support/nightly-only.ts';
import { type OwnServer, ownPostgres } from '../support/own-servers.ts';
import { lab } from './lab.ts';
import { expectUndisturbed } from './undisturbed.ts';

export const AWAY_SECONDS = rounds({ daily: 5, nightly: 30 });

/** Two studios on one server: one in the middle of a run, one with nothing to do. The server goes away. */
export async function postgresAway(kind: Backend['kind'], signal: 'SIGINT' | 'SIGKILL') {
  const server = await ownPostgres();
  const busy = await lab(kind, { database: await databaseOn(server, 'busy') });
  const idle = await lab(kind, { database: await databaseOn(server, 'idle') });
  try {
    const run = await busy.ask();
    const hold = await busy.hold(250);
    const workers = [await busy.worker(), await idle.worker()];
    await hold.reached();

    await server.stop(signal);
    const opened = openBackend({ redisUrl: idle.redis?.url, databaseUrl: idle.url, name: 'opened while away' });
    const enqueued = () =>
      enqueue(opened, 'generation', 'canary', { rung_at: new Date().toISOString() }).then(
        () => true,
        () => false,
      );
    expect(await enqueued()).toBe(kind === 'redis');
    const late = idle.worker();
    await pause(AWAY_SECONDS * 1_000);
    await server.start();

    const ended = await busy.over(run);
    await expectUndisturbed(busy.db, ended);
    expect(ended.interruptions).toBe(1);
    const job = await eventually(async () => ((await busy.job(run))?.finishedOn ? busy.job(run) : null));
    expect(job).toMatchObject({ attemptsMade: 1, returnvalue: { run_id: run.id } });

    await eventually(enqueued);
    await opened.close();
    workers.push(await late);
    const next = await idle.over(await idle.ask());
    await expectUndisturbed(idle.db, next);
    expect(workers.map((worker) => worker.hasEnded())).toEqual([false, false, false]);
  } finally {
    await busy.close();
    await idle.close();
    await server.close();
  }
}

async function databaseOn(server: OwnServer, name: string) {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  await migrate(url.href);
  const db = await openDatabase(url.href, { name: 'test' });
  return { db, url: url.href, close: () => db.end() };
}
