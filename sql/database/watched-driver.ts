import { createPgDriverFactory } from '@slonik/pg-driver';
import type { DriverClient, DriverFactory } from 'slonik';

/** How finely the waiting is counted: what this process stood still for weighs one of these at most. */
const COUNT_MS = 100;
/** A connection that was idle for longer has to prove that it is alive, in so much time, before it is used. */
const IDLE_MS = 10_000;
const PROOF_MS = 3_000;
/** What waits for longer is asked after on another connection, this often: the server may be at work for it or have heard nothing. */
const SUSPECT_MS = 3_000;
const AGAIN_MS = 1_000;

type Question = { left: number; began: number; pid: number | undefined; giveUp: () => void; idleSince?: string };

/** The database kept silent, or the way to it swallows what is sent. */
const silence = (ms: number) => Object.assign(new Error(`the database did not answer within ${ms} ms`), { code: 'ETIMEDOUT' });

/**
 * slonik's driver for PostgreSQL, which waits `ms` at most for the answer to a statement. A network that swallows packets closes no
 * connection and answers nothing: after that time the statement fails as in an outage (`isOutage`), its connection is thrown away,
 * and so are the idle ones that have not been heard of since. Only time in which this process runs counts, so that one that was
 * frozen reads what has arrived meanwhile. Where another connection can be had, and the server says twice that it does nothing for
 * the one that waits, it is given up after some seconds already: what was asked, or its answer, is lost.
 * @param ms more than the server's own `statement_timeout`
 */
export const watchedDriver =
  (ms: number): DriverFactory =>
  async (configuration) => {
    const driver = await createPgDriverFactory()(configuration);
    const open = new Set<Question>();
    const heard = new Map<DriverClient, number>();
    let watch: NodeJS.Timeout | undefined;
    let isAsking = false;
    let asked = 0;

    function look() {
      for (const question of open) {
        question.left -= 1;
        if (question.left < 0) question.giveUp();
      }
      const now = performance.now();
      if (!isAsking && now - asked > AGAIN_MS && suspects(now).length > 0) {
        isAsking = true;
        void askAfter(suspects(now))
          .catch(() => undefined)
          .finally(() => {
            isAsking = false;
            asked = performance.now();
          });
      }
      if (open.size > 0) return;
      clearInterval(watch);
      watch = undefined;
    }

    const suspects = (now: number) => [...open].filter(({ began, pid }) => pid !== undefined && now - began > SUSPECT_MS);

    /** Asks the server what it does for those that wait. Silence and refusals say nothing: the way may be cut for everybody. */
    async function askAfter(waiting: readonly Question[]) {
      const other = await driver.createClient();
      await other.acquire();
      try {
        const silent = new Promise<never>((_, reject) => setTimeout(() => reject(silence(PROOF_MS)), PROOF_MS).unref());
        const pids = `{${waiting.map(({ pid }) => pid).join()}}`;
        const { rows } = await Promise.race([other.query(WHAT_IS_DONE, [pids]), silent]);
        const since = new Map(rows.map((row) => [row.pid, row.idle_since]));
        for (const question of waiting) {
          if (!open.has(question)) continue;
          const idleSince = since.get(question.pid) as string | null | undefined;
          if (idleSince === null) question.idleSince = undefined;
          else if (question.idleSince === (idleSince ?? GONE)) question.giveUp();
          else question.idleSince = idleSince ?? GONE;
        }
      } finally {
        throwAway(other);
      }
    }

    function withTimeout<T>(limit: number, client: DriverClient, answer: Promise<T>, pid?: number): Promise<T> {
      const late = Promise.withResolvers<never>();
      const began = performance.now();
      const question: Question = { left: Math.ceil(limit / COUNT_MS), began, pid, giveUp };
      function giveUp() {
        open.delete(question);
        late.reject(silence(Math.round(performance.now() - began)));
        throwAway(client);
        for (const [other, at] of heard) if (at < began && other.state() === 'IDLE') throwAway(other);
      }
      open.add(question);
      watch ??= setInterval(look, COUNT_MS).unref();
      const answered = answer.finally(() => {
        open.delete(question);
        if (heard.has(client)) heard.set(client, performance.now());
      });
      return Promise.race([answered, late.promise]);
    }

    return {
      async createClient() {
        const client = await driver.createClient();
        let wasIdle = false;
        let pid: number | undefined;
        heard.set(client, performance.now());
        client.on('acquire', () => {
          wasIdle = performance.now() - (heard.get(client) ?? 0) > IDLE_MS;
        });
        client.on('destroy', () => heard.delete(client));
        return {
          ...client,
          async query(...query) {
            if (wasIdle || pid === undefined) {
              wasIdle = false;
              const { rows } = await withTimeout(PROOF_MS, client, client.query('select pg_backend_pid() as pid'));
              pid = Number(rows[0]?.pid);
            }
            return withTimeout(ms, client, client.query(...query), pid);
          },
        };
      },
    };
  };

/** Since when a connection is idle; null where the server is at work for it, or does not say. One that is not there is gone. */
const WHAT_IS_DONE = `
  select pid, case when state like 'idle%' then state_change::text end as idle_since
  from pg_stat_activity where pid = any($1::int[])`;
const GONE = 'gone';

const throwAway = (client: DriverClient) => void client.destroy().catch(() => undefined);
