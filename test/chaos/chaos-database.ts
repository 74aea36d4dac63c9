import pg from 'pg';
import { openDatabase } from '../../sql/database/database.ts';
import { EMBEDDED_ROLE, embeddedRoleUrl, embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { openGate } from '../support/gate.ts';
import { type HostClock, serverClock } from './clocks.ts';
import { ownDisk } from './disk.ts';
import { standbyDir, standbyOf } from './standby.ts';
import { supervised } from './supervised.ts';

/**
 * A durable PostgreSQL that is started again whenever it ends, on a disk of its own where that is possible, as the one that follows it
 * is, with a way to it for the fleet that can be disturbed and another one for whoever looks on.
 */
export async function chaosDatabase({ data, dir, logs }: Record<'data' | 'dir' | 'logs', string>) {
  const disk = ownDisk(data);
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, ...env } = process.env;
  const { program, args } = await prepareEmbedded(data);
  const first = supervised('postgres', program, args, { dir: logs, env });
  await waitForEmbedded(data);
  const url = embeddedUrl(data);
  await migrate(url, { grantTo: EMBEDDED_ROLE });
  const own = await openGate(url);
  const gate = await openGate(embeddedRoleUrl(data));
  const db = await openDatabase(own.url, { max: 2, name: 'chaos' });
  let standby: Awaited<ReturnType<typeof standbyOf>> | undefined;
  let diskOfStandby: typeof disk;
  let hasFailedOver = false;
  return {
    db,
    gate,
    /** The disk of the server there is now; undefined where it has none of its own. */
    disk: () => (hasFailedOver ? diskOfStandby : disk),
    isFollowed: () => standby !== undefined,
    /** The server there is now. */
    server: () => (hasFailedOver && standby ? standby.server : first),
    /** Statements of the owner, however many. */
    async perform(statements: string) {
      const client = new pg.Client({ connectionString: own.url });
      await client.connect();
      await client.query(statements);
      await client.end();
    },
    /** From now on a second server has all that is committed. */
    async follow() {
      if (disk) diskOfStandby = ownDisk(standbyDir(dir));
      standby = await standbyOf(url, data, dir, first);
    },
    /** The first server is killed for good and the second one takes its place, at the address of the first. */
    async failOver() {
      if (!standby) throw new Error('nobody follows the database');
      await standby.takeOver();
      for (const way of [gate, own]) way.leadTo(standby.url);
      hasFailedOver = true;
    },
    /** Everything is so many seconds ahead of this process from now on: the server is started anew, and whoever it serves is set. */
    async moveClock(seconds: number, clocks: readonly HostClock[]) {
      const environment = serverClock(seconds);
      if (!environment) throw new Error('a moved clock needs datefudge (Debian, as root: apt-get install datefudge faketime)');
      await first.stop('SIGINT');
      for (const clock of clocks) clock.set(seconds);
      first.startAgain(environment);
      await waitForEmbedded(data);
    },
    async close() {
      await db.end();
      await Promise.all([gate.shut(), own.shut()]);
      await Promise.all([first.end(), standby?.server.end()]);
      disk?.end();
      diskOfStandby?.end();
    },
  };
}
