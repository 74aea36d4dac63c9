import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../sql/database/database.ts';
import { EMBEDDED_ROLE, embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { today } from '../support/days.ts';

/** An embedded server of a test's own that keeps its log, with the demo studio. */
export async function archivingStudio({
  isArchiving = true,
  backupKeyFile,
}: {
  isArchiving?: boolean;
  backupKeyFile?: string;
} = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'backups-'));
  const backupDir = join(dataDir, 'backups');
  const settings = { dataDir, backupDir, databaseUrl: undefined, redisUrl: undefined, zone: 'Europe/Moscow' };
  let server: ChildProcess;
  let db: Database;
  async function start() {
    const options = { durable: false, ...(isArchiving ? { backupDir, backupKeyFile } : {}) };
    const { program, args } = await prepareEmbedded(dataDir, options);
    server = spawn(program, args, { stdio: process.env.SERVER_LOG ? 'inherit' : 'ignore' });
    await waitForEmbedded(dataDir);
    await migrate(embeddedUrl(dataDir), { grantTo: EMBEDDED_ROLE });
    db = await openDatabase(embeddedUrl(dataDir), { max: 3 });
  }
  async function stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT') {
    await db.end();
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }
  await start();
  await loadDemo(db!, { today: today(), currency: 'RUB' });
  return {
    settings,
    dataDir,
    backupDir,
    get db() {
      return db;
    },
    start,
    stop,
    async close() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
export const noTick = async () => undefined;
