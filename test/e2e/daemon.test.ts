import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { refuseOldDaemon } from '../../workers/fleet/daemon.ts';

test('a daemon whose Node was replaced under it, as by an update of the packages, is still spoken to', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'daemon-'));
  const node = join(dir, 'node');
  copyFileSync(process.execPath, node);
  const daemon = spawn(node, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  try {
    await once(daemon, 'spawn');
    rmSync(dir, { recursive: true });
    expect(() => refuseOldDaemon(daemon.pid)).not.toThrow();
  } finally {
    daemon.kill('SIGKILL');
  }
});

test('no daemon, and one that is gone, is no reason to refuse', () => {
  expect(() => refuseOldDaemon(undefined)).not.toThrow();
  expect(() => refuseOldDaemon(2 ** 30)).not.toThrow();
});
