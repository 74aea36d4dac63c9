import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { embeddedUrl, freePort, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { eventually } from './eventually.ts';

/** A server of a test's own, which may be stopped and started again at the same address. */
export type OwnServer = Awaited<ReturnType<typeof ownRedis>>;

export async function ownRedis(more: readonly string[] = []) {
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const flags = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
    ...more,
  ];
  return ownServer(dir, url, { program: 'redis-server', args: flags }, async () => {
    const client = new Redis(url, { retryStrategy: () => 25, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await eventually(() => client.ping().catch(() => false));
    client.disconnect();
  });
}

export async function ownPostgres() {
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-postgres-'));
  const command = await prepareEmbedded(dir, { durable: false });
  return ownServer(dir, embeddedUrl(dir), command, () => waitForEmbedded(dir));
}

async function ownServer(
  dir: string,
  url: string,
  { program, args }: { program: string; args: string[] },
  answers: () => Promise<void>,
) {
  let server: ChildProcess;
  async function start() {
    server = spawn(program, args, { stdio: 'ignore' });
    await answers();
  }
  async function stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT') {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }
  await start();
  return {
    url,
    dir,
    start,
    stop,
    /** It stands still and keeps its connections, until it is thawed. */
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    async close() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
