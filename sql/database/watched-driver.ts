import { createPgDriverFactory } from '@slonik/pg-driver';
import type { DriverClient, DriverFactory } from 'slonik';

/** How finely the waiting is counted: what this process stood still for weighs one of these at most. */
const COUNTS = 20;

type Question = { counts: number; giveUp: () => void };

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
    const clients = new Map<DriverClient, number>();
    let watch: NodeJS.Timeout | undefined;

    function look() {
      for (const question of open) {
        question.counts += 1;
        if (question.counts > COUNTS) question.giveUp();
      }
      if (open.size > 0) return;
      clearInterval(watch);
      watch = undefined;
    }

    function answered<T>(client: DriverClient, answer: Promise<T>): Promise<T> {
      const late = Promise.withResolvers<never>();
      const began = performance.now();
      const question: Question = { counts: 0, giveUp };
      function giveUp() {
        open.delete(question);
        late.reject(silence(ms));
        throwAway(client);
        for (const [other, heardAt] of clients) if (heardAt < began && other.state() === 'IDLE') throwAway(other);
      }
      open.add(question);
      watch ??= setInterval(look, ms / COUNTS).unref();
      const heard = answer.finally(() => {
        open.delete(question);
        if (clients.has(client)) clients.set(client, performance.now());
      });
      return Promise.race([heard, late.promise]);
    }

    return {
      async createClient() {
        const client = await driver.createClient();
        clients.set(client, performance.now());
        client.on('destroy', () => clients.delete(client));
        return { ...client, query: (...query) => answered(client, client.query(...query)) };
      },
    };
  };

const throwAway = (client: DriverClient) => void client.destroy().catch(() => undefined);
