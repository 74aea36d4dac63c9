import { PrimaryClient } from './hosts.ts';

const CONNECT_MS = 3_000;
const ANSWER_MS = 5_000;

/** Whether a database takes a new connection and answers on it, within eight seconds. */
export async function answersNow(url: string): Promise<boolean> {
  const client = new PrimaryClient({
    connectionString: url,
    application_name: 'studio-fleet probe',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    // A farewell to a server that is away is waited for by nobody.
    void client.end().catch(() => undefined);
  }
}
