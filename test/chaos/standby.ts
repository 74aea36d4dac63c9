import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { clusterCommand, clusterDir, freePort } from '../../sql/database/embedded.ts';
import { eventually } from '../support/eventually.ts';
import { type Supervised, supervised } from './supervised.ts';

/** What is of the running server and not of its data. */
const OWN = ['postmaster.pid', 'postmaster.opts'];

/** Where it has its data. */
export const standbyDir = (dir: string) => join(dir, 'standby');

async function ask<Row extends pg.QueryResultRow>(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * A second server that follows the first one, and without whose word no commit is answered. Returns what puts it in the place of the
 * first, which is killed: it takes the role of the primary, and nothing is waited for any more.
 * @param url of the owner, at the first server itself
 */
export async function standbyOf(url: string, data: string, dir: string, database: Supervised) {
  const from = clusterDir(data);
  const to = standbyDir(dir);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`select pg_create_physical_replication_slot('standby', true)`);
  await client.query(`select pg_backup_start('standby', true)`);
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !OWN.some((name) => path === join(from, name)) && !path.startsWith(join(from, 'pg_wal', '0')),
  });
  const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
  writeFileSync(join(to, 'backup_label'), rows[0]!.labelfile, { mode: 0o600 });
  writeFileSync(join(to, 'standby.signal'), '');
  rmSync(join(to, 'pg_replslot'), { recursive: true });
  mkdirSync(join(to, 'pg_replslot'), { mode: 0o700 });
  const { hostname, port: portOfFirst, username, password } = new URL(url);
  appendFileSync(
    join(to, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${hostname} port=${portOfFirst} user=${username} password=${password}'\nprimary_slot_name = 'standby'\n`,
  );
  const port = await freePort();
  const command = clusterCommand(to, {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '128MB',
  });
  const server = supervised('standby', command.program, command.args, { dir: join(dir, 'logs'), env: process.env });
  const follows = `select from pg_stat_replication where state = 'streaming'`;
  await eventually(async () => (await ask(url, follows)).length > 0, 120);
  await client.query(`alter system set synchronous_standby_names = '*'`);
  await client.query('select pg_reload_conf()');
  await client.end();
  const own = new URL(url);
  own.port = String(port);
  return {
    url: own.href,
    server,
    async takeOver() {
      await database.stop();
      await eventually(() => ask(own.href, 'select pg_promote(true, 60)').catch(() => false), 120);
      await eventually(
        async () => (await ask<{ is: boolean }>(own.href, 'select pg_is_in_recovery() as is').catch(() => []))[0]?.is === false,
      );
    },
  };
}
