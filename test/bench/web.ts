import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webBuilds, webFolder } from '../../queues/process/web-builds.ts';
import { buildWeb } from '../../workers/fleet/web-build.ts';

/** Builds the pages anew and prints what a browser would load of them, packed by brotli; sizes are facts, the time is this machine's. */
export async function benchWeb() {
  const dataDir = mkdtempSync(join(tmpdir(), 'studio-fleet-web-'));
  const from = performance.now();
  if (!(await buildWeb(dataDir, console.log))) process.exitCode = 1;
  const seconds = ((performance.now() - from) / 1_000).toFixed(1);
  const assets = join(webFolder(dataDir), String(webBuilds(dataDir)[0]), 'assets');
  const packed = (sign: RegExp) =>
    readdirSync(assets)
      .filter((file) => sign.test(file))
      .reduce((sum, file) => sum + statSync(join(assets, file)).size, 0);
  const kB = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  console.log(`web: built in ${seconds} s`);
  console.log(`  JavaScript, all pages, one language  ${kB(packed(/^(?!uk-|en-).*\.js\.br$/))} (budget 250 kB)`);
  console.log(`  style sheets                         ${kB(packed(/\.css\.br$/))}`);
  rmSync(dataDir, { recursive: true, force: true });
}
