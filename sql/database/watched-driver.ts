import { createPgDriverFactory } from '@slonik/pg-driver';
import type { DriverClient, DriverFactory } from 'slonik';
import { primaryOf } from './hosts.ts';
import { takesNoWrites } from './outage.ts';

/** How finely the waiting is counted: what this process stood still for weighs one of these at most. */
const COUNT_MS = 100;
/** A connection that was idle for longer has to prove that it is alive, in so much time, before it is used. */
const IDLE_MS = 10_000;
const PROOF_MS = 3_000;
/** What waits for longer is asked after on another connection, this often: the server may be at work for it or have heard nothing. */
const SUSPECT_MS = 3_000;
const AGAIN_MS = 1_000;
/** What was given up is asked after so often: after a minute the server has ended it by itself. */
const LOOKS = 60;

/** A session of the server's, which gives its number to another one later; and since when it was idle when it was asked after. */
type Session = { pid: number; started: string; idleSince?: string | undefined };
type Question = { left: number; began: number; session: Session | undefined; giveUp: () => void };

/** The database kept silent, or the way to it swallows what is sent. */
const silence = (ms: number) => Object.assign(new Error(`the database did not answer within ${ms} ms`), { code: 'ETIMEDOUT' });

/**
 * slonik's driver for PostgreSQL, which waits `ms` at most for the answer to a statement. A network that swallows packets closes no
 * connection and answers nothing: after that time the statement fails as in an outage (`isOutage`), its connection is thrown away,
 * and so are the idle ones that have not been heard of since. Only time in which this process runs counts, so that one that was
 * frozen reads what has arrived meanwhile. Where another connection can be had, and the server says twice that it does nothing for
 * the one that waits, it is given up after some seconds already: what was asked, or its answer, is lost. The server does not know
 * that, and would keep the session with its transaction and its locks for half a minute: it is told to end it.
 * @param ms more than the server's own `statement_timeout`
 */
export const watchedDriver =
  (ms: number): DriverFactory =>
  async ({ driverConfiguration }) => {
    const drivers = new Map<string, ReturnType<DriverFactory>>();
    /** The driver of whichever host takes writes now. It asks that host for its types first. */
    async function driverNow() {
      const connectionUri = await primaryOf(driverConfiguration.connectionUri);
      const known = drivers.get(connectionUri);
      if (known) return known;
      const driver = createPgDriverFactory()({ driverConfiguration: { ...driverConfiguration, connectionUri } });
      drivers.set(connectionUri, driver);
      driver.catch(() => drivers.delete(connectionUri));
      return driver;
    }
    const createClient = async (): Promise<DriverClient> => (await driverNow()).createClient();
    // A pool opens only where the database answers.
    await driverNow();
    const open = new Set<Question>();
    /** Sessions of what was given up, which the server may still keep, and how often they may be asked after still. */
    const lost = new Map<Session, number>();
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
      if (!isAsking && now - asked > AGAIN_MS && (lost.size > 0 || suspects(now).length > 0)) {
        isAsking = true;
        void askAfter(suspects(now))
          .catch(() => undefined)
          .finally(() => {
            isAsking = false;
            asked = performance.now();
          });
      }
      if (open.size > 0 || lost.size > 0) return;
      clearInterval(watch);
      watch = undefined;
    }

    const suspects = (now: number) => [...open].filter(({ began, session }) => session && now - began > SUSPECT_MS);

    /** Asks the server what it does for those that wait. Silence and refusals say nothing: the way may be cut for everybody. */
    async function askAfter(waiting: readonly Question[]) {
      for (const [session, left] of lost) {
        if (left > 0) lost.set(session, left - 1);
        else lost.delete(session);
      }
      const other = await createClient();
      await other.acquire();
      try {
        const silent = new Promise<never>((_, reject) => setTimeout(() => reject(silence(PROOF_MS)), PROOF_MS).unref());
        const ask = (text: string, values: unknown[]) => Promise.race([other.query(text, values), silent]);
        const sessions = [...waiting.flatMap(({ session }) => session ?? []), ...lost.keys()];
        const { rows } = await ask(WHAT_IS_DONE, numbersOf(sessions));
        const since = new Map(rows.map((row) => [row.pid, row.idle_since as string | null]));
        const idle = new Set(sessions.filter((session) => isIdleStill(session, since.get(session.pid))));
        for (const question of waiting)
          if (open.has(question) && question.session && idle.has(question.session)) question.giveUp();
        const ended = [...lost.keys()].filter((session) => idle.has(session));
        if (ended.length > 0) await ask(END_IF_IDLE_STILL, [...numbersOf(ended), ended.map(({ idleSince }) => idleSince)]);
        for (const session of ended) lost.delete(session);
      } finally {
        throwAway(other);
      }
    }

    function withTimeout<T>(limit: number, client: DriverClient, answer: Promise<T>, session?: Session): Promise<T> {
      const late = Promise.withResolvers<never>();
      const began = performance.now();
      const question: Question = { left: Math.ceil(limit / COUNT_MS), began, session, giveUp };
      function giveUp() {
        open.delete(question);
        if (session) lost.set(session, LOOKS);
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
        const client = await createClient();
        let wasIdle = false;
        let session: Session | undefined;
        heard.set(client, performance.now());
        client.on('acquire', () => {
          wasIdle = performance.now() - (heard.get(client) ?? 0) > IDLE_MS;
        });
        client.on('destroy', () => heard.delete(client));
        return {
          ...client,
          async query(...query) {
            if (wasIdle || session === undefined) {
              wasIdle = false;
              const { rows } = await withTimeout(PROOF_MS, client, client.query(WHO_IT_IS), session);
              session = { pid: Number(rows[0]?.pid), started: String(rows[0]?.started) };
            }
            session.idleSince = undefined;
            const answer = client.query(...query);
            // It was made to follow another one meanwhile: the next connection is to that one.
            answer.catch((error) => takesNoWrites(error) && throwAway(client));
            return withTimeout(ms, client, answer, session);
          },
        };
      },
    };
  };

/** Whether it is idle since the same instant as when it was last asked after, or is not there twice. */
function isIdleStill(session: Session, idleSince: string | null | undefined): boolean {
  const before = session.idleSince;
  session.idleSince = idleSince === null ? undefined : (idleSince ?? GONE);
  return session.idleSince !== undefined && session.idleSince === before;
}
const GONE = 'gone';

const numbersOf = (sessions: readonly Session[]) => [sessions.map(({ pid }) => pid), sessions.map(({ started }) => started)];

const WHO_IT_IS = 'select pid, backend_start::text as started from pg_stat_activity where pid = pg_backend_pid()';
const THESE = `
  from pg_stat_activity activity join unnest($1::int[], $2::text[]) as session (pid, started)
    on activity.pid = session.pid and activity.backend_start::text = session.started`;

/** Since when each session is idle; null where the server is at work for it, or does not say. One that is not there is gone. */
const WHAT_IS_DONE = `select activity.pid, case when state like 'idle%' then state_change::text end as idle_since ${THESE}`;

/** Ends sessions that have done nothing since they were asked after. */
const END_IF_IDLE_STILL = `
  select pg_terminate_backend(activity.pid) ${THESE}
  where activity.state like 'idle%' and activity.state_change::text = ($3::text[])[array_position($1::int[], activity.pid)]`;

const throwAway = (client: DriverClient) => void client.destroy().catch(() => undefined);
