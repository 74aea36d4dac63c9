import type { Socket } from 'node:net';
import pg from 'pg';

/** The hosts of a URL that has several, `name:port` each, stand in this parameter; the first one stands in the URL itself as well. */
const PARAMETER = 'hosts';
const FORM = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]+)(.*)$/s;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;
/** What libpq calls a server that takes writes. Nothing here can work with another one. */
const WRITABLE = ['read-write', 'primary'];

const ANSWER_MS = 3_000;
/** Where one host says that it is the primary, the others may say so too for so long. */
const OTHERS_MS = 250;
/** Who was found to be the primary is not looked for again for so long. */
const FRESH_MS = 1_000;

/**
 * Reads a URL as libpq takes it, `postgresql://user@one:5432,two:5432/studio?target_session_attrs=read-write`, into one that `new URL`
 * reads. A URL of one host stays as it is. Undefined where it is neither.
 */
export function readDatabaseUrl(text: string): string | undefined {
  const [, start = '', list = '', rest = ''] = FORM.exec(text) ?? [];
  const hosts = list.split(',');
  if (!hosts.every((host) => HOST.test(host))) return URL.canParse(text) && hosts.length === 1 ? text : undefined;
  const address = URL.parse(`${start}${hosts[0]}${rest}`);
  const wanted = address?.searchParams.get('target_session_attrs') ?? undefined;
  if (!address || (wanted !== undefined && !WRITABLE.includes(wanted))) return undefined;
  if (hosts.length === 1 && wanted === undefined) return text;
  address.searchParams.delete('target_session_attrs');
  if (hosts.length > 1) address.searchParams.set(PARAMETER, hosts.join());
  return address.href;
}

/** The URL of each host, of one alone. */
export function hostsOf(url: string): string[] {
  const address = new URL(url);
  const hosts = address.searchParams.get(PARAMETER);
  if (hosts === null) return [url];
  address.searchParams.delete(PARAMETER);
  return hosts.split(',').map((host) => {
    const own = new URL(address);
    own.port = '';
    own.host = host;
    return own.href;
  });
}

/** An address of IPv6 without its brackets. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

/** A URL as programs of PostgreSQL's own take it: those find the primary among several hosts by themselves. */
export function forLibpq(url: string): string {
  const own = hostsOf(url).map((host) => new URL(host));
  const first = own[0] as URL;
  if (own.length === 1) return url;
  first.searchParams.set('host', own.map(({ hostname }) => bare(hostname)).join());
  first.searchParams.set('port', own.map(({ port }) => port || '5432').join());
  first.searchParams.set('target_session_attrs', 'read-write');
  return first.href;
}

type Found = { at: number; url: Promise<string> };
const found = new Map<string, Found>();
/** The timeline of the last primary there was. A promoted standby is on a later one than the server it follows. */
const timelines = new Map<string, number>();

/**
 * The URL of the host that takes writes now; that of a single host, without asking it. Of two that say so, as after the return of one
 * that was given up for dead, it is the one that was promoted last, and never one from before the last that was found here.
 * Throws as in an outage (ECONNREFUSED) where no host takes writes within three seconds.
 */
export function primaryOf(url: string): Promise<string> {
  const hosts = hostsOf(url);
  if (hosts.length === 1) return Promise.resolve(hosts[0] as string);
  const known = found.get(url);
  if (known && performance.now() - known.at < FRESH_MS) return known.url;
  const looked = lookForPrimary(url, hosts);
  found.set(url, { at: performance.now(), url: looked });
  looked.catch(() => found.delete(url));
  return looked;
}

async function lookForPrimary(url: string, hosts: readonly string[]): Promise<string> {
  const primaries: { host: string; timeline: number }[] = [];
  const least = timelines.get(url) ?? 0;
  const looks = hosts.map(async (host) => {
    const timeline = await timelineOf(host);
    if (timeline === null || timeline < least) throw new Error('takes no writes');
    primaries.push({ host, timeline });
  });
  const all = Promise.allSettled(looks);
  await Promise.any(looks).catch(() => undefined);
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, OTHERS_MS).unref())]);
  const newest = primaries.toSorted((a, b) => b.timeline - a.timeline)[0];
  if (!newest) throw lost(`none of the database's ${hosts.length} hosts takes writes`);
  timelines.set(url, newest.timeline);
  return newest.host;
}

/** The timeline that a server writes; null for one that follows another, or takes no writes. */
async function timelineOf(url: string): Promise<number | null> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'studio-fleet probe',
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<{ timeline: number | null }>(TIMELINE)).rows[0]?.timeline ?? null;
  } finally {
    void client.end().catch(() => undefined);
  }
}

/** A name of a file of the log begins with its timeline; a server that recovers has none. */
const TIMELINE = `
  select case when not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'
    then ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline`;

const lost = (words: string) => Object.assign(new Error(words), { code: 'ECONNREFUSED' });

/** What `pg` does not publish: the socket below. */
type Closable = { connection: { stream: Socket } };

/** A connection to whichever host of its URL takes writes when it is opened. */
export class PrimaryClient extends pg.Client {
  readonly #url: string | undefined;

  constructor(config: pg.ClientConfig) {
    super(config);
    this.#url = config.connectionString;
  }

  override connect = ((done?: (error: Error | null) => void) => {
    const connected = this.#lead().then(() => {
      // Whoever waited for it has given up meanwhile (a pool's time-out): nothing would ever come of it.
      if ((this as unknown as Closable).connection.stream.destroyed) throw lost('the connection was given up');
      return super.connect();
    });
    if (!done) return connected;
    connected.then(() => done(null), done);
  }) as pg.Client['connect'];

  async #lead() {
    if (this.#url === undefined || hostsOf(this.#url).length === 1) return;
    const { hostname, port } = new URL(await primaryOf(this.#url));
    Object.assign(this, { host: bare(hostname), port: Number(port || 5_432) });
  }
}
