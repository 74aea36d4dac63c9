import { createPgDriverFactory } from '@slonik/pg-driver';
import type { DriverClient, DriverFactory } from 'slonik';

/** How finely the waiting is counted: what this process stood still for weighs one of these at most. */
const COUNT_MS = 100;
/** A connection that was idle for longer has to prove that it is alive, in so much time, before it is used. */
const IDLE_MS = 10_000;
const PROOF_MS = 3_000;

type Question = { left: number; giveUp: () => void };

/** The database kept silent, or the way to it swallows what is sent. */
const silence = (ms: number) => Object.assign(new Error(`the database did not answer within ${ms} ms`), { code: 'ETIMEDOUT' });

/**
 * slonik's driver for PostgreSQL, which waits `ms` at most for the answer to a statement. A network that swallows packets closes no
 * connection and answers nothing: after that time the statement fails as in an outage (`isOutage`), its connection is thrown away,
 * and so are the idle ones that have not been heard of since. Only time in which this process runs counts, so that one that was
 * frozen reads what has arrived meanwhile.
 * @param ms more than the server's own `statement_timeout`
 */
export const watchedDriver =
  (ms: number): DriverFactory =>
  async (configuration) => {
    const driver = await createPgDriverFactory()(configuration);
    const open = new Set<Question>();
    const heard = new Map<DriverClient, number>();
    let watch: NodeJS.Timeout | undefined;

    function look() {
      for (const question of open) {
        question.left -= 1;
        if (question.left < 0) question.giveUp();
      }
      if (open.size > 0) return;
      clearInterval(watch);
      watch = undefined;
    }

    function withTimeout<T>(limit: number, client: DriverClient, answer: Promise<T>): Promise<T> {
      const late = Promise.withResolvers<never>();
      const began = performance.now();
      const question: Question = { left: Math.ceil(limit / COUNT_MS), giveUp };
      function giveUp() {
        open.delete(question);
        late.reject(silence(limit));
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
        heard.set(client, performance.now());
        client.on('acquire', () => {
          wasIdle = performance.now() - (heard.get(client) ?? 0) > IDLE_MS;
        });
        client.on('destroy', () => heard.delete(client));
        return {
          ...client,
          async query(...query) {
            if (wasIdle) {
              wasIdle = false;
              await withTimeout(PROOF_MS, client, client.query('select 1'));
            }
            return withTimeout(ms, client, client.query(...query));
          },
        };
      },
    };
  };

const throwAway = (client: DriverClient) => void client.destroy().catch(() => undefined);
