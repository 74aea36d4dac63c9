import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Database } from '../../../sql/database/database.ts';
import { testDatabase } from '../../support/database.ts';
import { booksOf } from './books.ts';
import { type Row, rows, scene } from './scene.ts';

/** Something that happens to the scene, on connections of its own. */
export type Act = (db: Database) => Promise<unknown>;
export type Arena = Awaited<ReturnType<typeof arena>>;

/** A database in which two things can happen at once, on real connections, stopped and let go row by row. */
export async function arena() {
  const database = await testDatabase({ max: 10 });
  const watcher = new pg.Client({ connectionString: database.url });
  await watcher.connect();
  const holders = new pg.Pool({ connectionString: database.url, max: Object.keys(rows).length });
  const { db } = database;

  const ask = async (query: string): Promise<number> => (await watcher.query(query)).rows[0].n;
  const waiting = () =>
    ask(`select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);

  /** Starts an act; it is `over` when it has ended, in whatever way. */
  function start(act: Act) {
    const running = { over: false, ended: act(db).finally(() => Object.assign(running, { over: true })) };
    running.ended.catch(() => undefined);
    return running;
  }
  /** Resolves once each of them has ended or waits for a lock. */
  async function still(seats: ReturnType<typeof start>[]) {
    // Asked without a pause, the question would take the time that the acts need.
    for (const deadline = Date.now() + 60_000; ; await pause(2)) {
      if (seats.filter((seat) => !seat.over).length <= (await waiting())) return;
      if (Date.now() > deadline) throw new Error('neither over nor waiting after 60 s');
    }
  }
  /** Holds a row in a transaction of its own until it is let go. */
  async function hold(statement: string) {
    const client = await holders.connect();
    await client.query('begin');
    await client.query(statement);
    return async () => {
      await client.query('commit');
      client.release();
    };
  }
  /** Whether a row could be had at once. */
  async function isFree(row: Row) {
    const client = await holders.connect();
    await client.query('begin');
    const free = await client.query(`${rows[row]} nowait`).then(
      () => true,
      () => false,
    );
    await client.query('rollback');
    client.release();
    return free;
  }
  /** Sets the scene, lets the acts happen one after the other, and returns the ledgers. */
  async function inTurn(...acts: Act[]) {
    await watcher.query(scene);
    for (const act of acts) await act(db);
    return booksOf(db);
  }

  return {
    db,
    query: (statement: string) => watcher.query(statement),
    hold,
    isFree,
    start,
    still,
    inTurn,
    /**
     * Starts both acts on a fresh scene, the first one first, while somebody holds the given rows; these are let go in their
     * order, each when nobody can move any more. Returns the ledgers.
     */
    async atOnce(before: Act[], [first, second]: [Act, Act], held: Row[]) {
      await inTurn(...before);
      const letGo: (() => Promise<void>)[] = [];
      for (const row of held) letGo.push(await hold(rows[row]));
      const running = [start(first)];
      await still(running);
      running.push(start(second));
      for (const go of letGo) {
        await still(running);
        await go();
      }
      await Promise.all(running.map((run) => run.ended));
      return booksOf(db);
    },
    /** Ends all connections, so that they tell their figures; returns how many deadlocks there were. The arena is over then. */
    async deadlocks() {
      await db.end();
      await holders.end();
      const others = `select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
      while ((await ask(others)) > 0) await pause(2);
      return ask('select deadlocks::int as n from pg_stat_database where datname = current_database()');
    },
    async close() {
      if (!holders.ended) await holders.end();
      await watcher.end();
      await database.close();
    },
  };
}
