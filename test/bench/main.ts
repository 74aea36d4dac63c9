import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { embeddedUrl, prepareEmbedded, waitForEmbedded } from '../../sql/database/embedded.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { benchAttendance } from './attendance.ts';
import { benchBookings } from './bookings.ts';
import { benchCancellation } from './cancellation.ts';
import { benchCleanup } from './cleanup.ts';
import { benchFinance } from './finance.ts';
import { benchGeneration } from './generation.ts';
import { benchIdle } from './idle.ts';
import { benchImport } from './import.ts';
import { benchLive } from './live.ts';
import { benchMove } from './move.ts';
import { benchNotifier } from './notifier.ts';
import { benchOutage } from './outage.ts';
import { benchPickUp } from './pick-up.ts';
import { benchRenewal } from './renewal.ts';
import { benchReports } from './reports.ts';
import { benchRestore } from './restore.ts';
import { benchSignIn } from './sign-in.ts';
import { benchSlots } from './slots.ts';
import { benchTrouble } from './trouble.ts';
import { benchVending } from './vending.ts';
import { benchWeb } from './web.ts';

/**
 * Every bench by name: `npm run bench -- generation`. Each prints ratios of things measured in the same run. `--scale` has those that
 * work on sets compare ten times as many rows with the usual number instead, which takes minutes; `--plans` has `reports` print its plans.
 */
const benches: Record<string, (url: string, isScaled: boolean) => Promise<void>> = {
  generation: benchGeneration,
  attendance: benchAttendance,
  finance: benchFinance,
  cancellation: benchCancellation,
  cleanup: benchCleanup,
  move: benchMove,
  renewal: benchRenewal,
  bookings: benchBookings,
  slots: benchSlots,
  'sign-in': benchSignIn,
  'pick-up': benchPickUp,
  live: benchLive,
  web: benchWeb,
  idle: benchIdle,
  notifier: benchNotifier,
  trouble: benchTrouble,
  vending: benchVending,
  import: benchImport,
  reports: benchReports,
  outage: benchOutage,
  restore: benchRestore,
};

// An option that nobody knows ends it here: it would start every bench there is.
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'boolean' }, plans: { type: 'boolean' } },
});
const isScaled = values.scale ?? false;
const unknown = wanted.find((name) => !(name in benches));
if (unknown) {
  console.error(`there is no bench "${unknown}"; there are: ${Object.keys(benches).join(', ')}`);
  process.exit(1);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  console.log(`\n## ${name}`);
  await withServer((url) => benches[name]!(url, isScaled));
}

/** Runs a bench against a private server with the settings a fleet's own would have, durable writes included. */
async function withServer(bench: (url: string) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), 'studio-fleet-bench-'));
  const { program, args } = await prepareEmbedded(dir);
  const server = spawn(program, args, { stdio: 'ignore' });
  try {
    await waitForEmbedded(dir);
    await migrate(embeddedUrl(dir));
    await bench(embeddedUrl(dir));
  } finally {
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}
