import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../../queues/log/log.ts';
import { databaseUrlOf } from '../../../queues/process/fleet.ts';
import type { Settings } from '../../../queues/process/settings.ts';
import { answersNow } from '../../../sql/database/probe.ts';
import { dropLease, takeLease } from '../../../sql/schedule/leases.ts';
import type { Outbox } from '../outbox/drain.ts';
import { checkChannels } from './checks.ts';
import { sendLetters } from './letters.ts';
import { memoryIn } from './memory.ts';
import { tellOutage } from './outage.ts';
import { addressesOf } from './ways.ts';

const LETTERS_MS = 5_000;
const PROBE_MS = 10_000;
const CHECK_MS = 60_000;
const LEASE_SECONDS = 90;

const again = async (ms: number, signal: AbortSignal, what: string, work: () => Promise<unknown>) => {
  while (!signal.aborted) {
    await work().catch((error) => log.warn({ err: error }, `${what} failed; it is tried again`));
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
};

/** Sends alarms by e-mail and SMS, and looks after the channels, for as long as the process lives. */
export async function liveAlarms({ db, settings }: Outbox & { settings: Settings }, signal: AbortSignal) {
  const memory = memoryIn(settings.dataDir);
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  const letters = again(LETTERS_MS, signal, 'sending alarms', async () => {
    const addresses = await addressesOf(db, settings);
    await memory.remember(addresses);
    await sendLetters({ db, settings }, addresses, new Date());
  });
  const checks = again(CHECK_MS, signal, 'looking at the channels', async () => {
    if (await takeLease(db, 'channel checks', holder, LEASE_SECONDS)) await checkChannels({ db, settings }, new Date());
  });
  await Promise.all([letters, checks]);
  await dropLease(db, 'channel checks', holder).catch(() => undefined);
}

/** Watches over the database by connections of its own, also before it has ever answered. */
export async function watchDatabase(settings: Settings, signal: AbortSignal) {
  const url = databaseUrlOf(settings);
  let downSince: Date | null = null;
  await again(PROBE_MS, signal, 'watching over the database', async () => {
    const now = new Date();
    downSince = (await answersNow(url)) ? null : (downSince ?? now);
    await tellOutage(settings, downSince, now);
  });
}
