import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { log, scrub } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { dropLease, takeLease } from '../../sql/schedule/leases.ts';
import { isReady, readiness } from './health.ts';

const EVERY_MS = 60_000;
const TIMEOUT_MS = 10_000;
const LEASE = 'heartbeat';

type Times = { everyMs: number; timeoutMs: number; leaseSeconds: number };
const USUAL: Times = { everyMs: EVERY_MS, timeoutMs: TIMEOUT_MS, leaseSeconds: 90 };

/**
 * The dead man's switch: while the fleet is ready for work, one process of it asks `HEARTBEAT_URL` once a minute; whoever is there
 * shouts when nothing comes. It waits for nobody, and what is answered does not matter. Resolves once the signal has come.
 */
export async function beatWhileHealthy(fleet: Fleet, url: string, signal: AbortSignal, times = USUAL) {
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  while (!signal.aborted) {
    await beat(fleet, url, holder, signal, times).catch((error) => log.warn({ err: error }, 'no heartbeat could be sent'));
    await sleep(times.everyMs, undefined, { signal }).catch(() => undefined);
  }
  await dropLease(fleet.db, LEASE, holder).catch(() => undefined);
}

async function beat(fleet: Fleet, url: string, holder: string, signal: AbortSignal, { timeoutMs, leaseSeconds }: Times) {
  if (!(await takeLease(fleet.db, LEASE, holder, leaseSeconds))) return;
  const parts = await readiness(fleet);
  if (!isReady(parts)) {
    const down = Object.keys(parts).filter((part) => parts[part] === 'down');
    log.warn({ down }, 'the fleet is not healthy: no heartbeat');
    return;
  }
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    await answer.body?.cancel();
    if (answer.status >= 400) log.warn({ status: answer.status }, 'the heartbeat was refused');
  } catch (error) {
    // The address is a secret, and may stand in the words of what failed.
    const { name, cause } = error as Error;
    log.warn(
      { reason: scrub(`${name} ${(cause as { code?: string } | undefined)?.code ?? ''}`.trim()) },
      'the heartbeat did not arrive',
    );
  }
}
