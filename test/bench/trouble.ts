import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { createKey, newSecret } from '../../sql/auth/api-keys.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { ownProcess } from '../faults/own-process.ts';
import { ownFleet } from '../support/fleet.ts';
import { request } from '../support/front-door.ts';
import { median, ms, percentile, report } from './measure.ts';

const SECONDS = 10;
const WAITING = 6;
const ATTACKERS = 24;
/** What a command ends with when a setting is wrong. */
const WRONG_SETTING = 78;

/** What others notice of trouble: of rows that are locked and somebody without a key who floods three routes at once, and of wrong reloads. */
export async function benchTrouble(url: string) {
  const db = await openDatabase(url, { max: 2, name: 'bench' });
  await loadDemo(db, { today: '2026-11-23' });
  const [other, busy] = [newSecret(), newSecret()];
  await createKey(db, { name: 'other', secret: other, scopes: ['*'] });
  await createKey(db, { name: 'busy', secret: busy, scopes: ['*'] });
  const port = await freePort();
  const api = await ownProcess('api/server.ts', {
    DATABASE_URL: url,
    REDIS_URL: '',
    PORT: String(port),
    RATE_LIMIT_PER_MINUTE: '1000000',
  });
  const at = `http://127.0.0.1:${port}`;
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('begin');
  const { rows } = await holder.query('select id from training_types order by id limit 1 for update');

  report('others, undisturbed, p99', ms(percentile(await others(at, other), 0.99)));
  const statuses: Record<string, number> = {};
  let isOver = false;
  const until = async (ask: () => Promise<{ status: number }>, name: string) => {
    while (!isOver) {
      const { status } = await ask().catch(() => ({ status: 0 }));
      statuses[`${name} ${status}`] = (statuses[`${name} ${status}`] ?? 0) + 1;
    }
  };
  const change = () => request(at, 'PATCH', `/api/training-types/${rows[0].id}`, { key: busy, body: { max_participants: 9 } });
  const floods = [
    () => request(at, 'GET', `/api/students/${'x'.repeat(4_000)}`, {}),
    () => request(at, 'POST', '/telegram/webhook', { body: { update_id: 'x'.repeat(50_000) } }),
    () => request(at, 'GET', '/health/ready', {}),
  ];
  const trouble = [
    ...Array.from({ length: WAITING }, () => until(change, 'locked')),
    ...Array.from({ length: ATTACKERS }, (_, n) => until(floods[n % floods.length]!, 'flood')),
  ];
  const took = await others(at, other);
  isOver = true;
  await Promise.all(trouble);
  await holder.end();
  report('others, in trouble, p50', ms(median(took)));
  report('others, in trouble, p99', ms(percentile(took, 0.99)), 'aim: at most 300 ms');
  report('others, in trouble, slowest', ms(Math.max(...took)));
  for (const [what, count] of Object.entries(statuses)) report(`answers: ${what}`, String(count));
  api.signal('SIGTERM');
  await api.exit();
  await duringReload(url, other);
  await db.end();
}

/** What others notice of reloads with a wrong setting: each is refused before a process of the fleet is touched. */
async function duringReload(url: string, key: string) {
  const fleet = await ownFleet({ DATABASE_URL: url, RATE_LIMIT_PER_MINUTE: '1000000' });
  try {
    const started = await fleet.npm('start', ['--only', 'api']);
    if (started.code !== 0) throw new Error(`the fleet did not start: ${started.stderr}`);
    const before = await fleet.pids();
    const at = `http://127.0.0.1:${fleet.port}`;
    report('others, a fleet at rest, p99', ms(percentile(await others(at, key), 0.99)));
    let [isOver, reloads] = [false, 0];
    const reloading = (async () => {
      while (!isOver) {
        const { code } = await fleet.npm('reload', [], { STUDIO_TZ: 'Mars/Olympus' });
        if (code !== WRONG_SETTING) throw new Error(`a reload with a wrong setting ended with ${code}`);
        reloads += 1;
      }
    })();
    const took = await others(at, key);
    isOver = true;
    await reloading;
    if (JSON.stringify(await fleet.pids()) !== JSON.stringify(before)) throw new Error('a refused reload touched the fleet');
    report(`others, during ${reloads} reloads with a wrong setting, p50`, ms(median(took)));
    report('the same, p99', ms(percentile(took, 0.99)), 'aim: at most 300 ms');
    report('the same, slowest', ms(Math.max(...took)));
  } finally {
    await fleet.end();
  }
}

/** Milliseconds each request of somebody else takes, one every 50 ms. */
async function others(url: string, key: string): Promise<number[]> {
  const paths = ['/api/students?limit=5', '/schedule', '/real-trainings', '/api/invoices?limit=5'];
  const took: number[] = [];
  const began = performance.now();
  for (let n = 0; performance.now() - began < SECONDS * 1_000; n += 1) {
    const start = performance.now();
    const { status } = await request(url, 'GET', paths[n % paths.length]!, { key });
    if (status !== 200) throw new Error(`somebody else got ${status}`);
    took.push(performance.now() - start);
    await pause(50);
  }
  return took;
}
