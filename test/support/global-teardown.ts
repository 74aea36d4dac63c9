import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { servers } from './servers.ts';

export default async function globalTeardown() {
  await Promise.all(
    servers.running
      .filter((server) => server.exitCode === null)
      .map((server) => {
        const ended = once(server, 'exit');
        server.kill('SIGINT');
        return ended;
      }),
  );
  if (servers.dir) rmSync(servers.dir, { recursive: true, force: true });
}
