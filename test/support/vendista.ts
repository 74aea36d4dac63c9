import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wallTimeOf } from '../../queues/time/calendar.ts';

export type FakeRow = Record<string, unknown> & { id: number; time: string };
export type FakeTerminal = Record<string, unknown> & { id: number };
type Account = {
  login: string;
  password: string;
  /** Tokens that are good; given out in order. */
  tokens: string[];
  needsCode: boolean;
  /** Paths that are answered 402. */
  unpaid: Set<string>;
  rows: FakeRow[];
  terminals: FakeTerminal[];
};

/** What one request is answered instead of the truth. */
export type Fault =
  | number
  | 'hang'
  | 'reset'
  | 'html'
  | 'half'
  | 'unsuccessful'
  | 'no items'
  /** The page before, once more. */
  | 'repeat'
  | { tooMany: string | null }
  /** Does something between two pages, then answers the truth. */
  | { first: () => void }
  /** Answers once this has ended. */
  | { after: Promise<unknown> };

type Options = { mostPerPage?: number; root?: string };
export type Asked = { path: string; query: Record<string, string>; at: number };

/**
 * A Vendista of our own on a free port: accounts with tokens, terminals, and rows that a test inserts, changes and removes between two
 * requests. Unknown parameters are ignored, times have no offset and are Moscow's. Faults are scripted a request at a time.
 */
export async function fakeVendista({ mostPerPage = 500 }: Options = {}) {
  const accounts: Account[] = [];
  const faults: { path: string; fault: Fault }[] = [];
  const asked: Asked[] = [];
  let given = 0;
  let perPage = mostPerPage;
  let isCounting = true;
  let last: unknown;

  function faultFor(path: string): Fault | undefined {
    const n = faults.findIndex((entry) => entry.path === path || entry.path === '*');
    return n < 0 ? undefined : faults.splice(n, 1)[0]?.fault;
  }

  function truth(path: string, query: Record<string, string>, response: ServerResponse) {
    if (path === '/token') {
      const account = accounts.find(({ login, password }) => login === query.Login && password === query.Password);
      if (account?.unpaid.has(path)) return send(response, 402, {});
      if (!account) return send(response, 401, { error: 'wrong login or password' });
      if (account.needsCode) return send(response, 200, { token: null, user_id: 1, verification_code_sended: true });
      given += 1;
      const token = `token-${account.login}-${given}`;
      account.tokens.push(token);
      return send(response, 200, { token, user_id: 1, verification_code_sended: false });
    }
    const account = accounts.find(({ tokens }) => tokens.includes(query.token ?? ''));
    if (!account) return send(response, 401, { error: 'bad token' });
    if (account.unpaid.has(path)) return send(response, 402, {});
    if (path === '/transactions') {
      const [from, to] = [String(query.DateFrom), String(query.DateTo)];
      const inWindow = account.rows
        .filter(({ time }) => typeof time !== 'string' || !/^\d{4}-\d\d-\d\dT?/.test(time) || within(time, from, to))
        .sort((a, b) => String(a.time).localeCompare(String(b.time)) || Number(a.id) - Number(b.id));
      return page(response, inWindow, query);
    }
    if (path === '/terminals') return page(response, account.terminals, query);
    return send(response, 404, {});
  }

  function page(response: ServerResponse, all: readonly unknown[], query: Record<string, string>) {
    const size = Math.min(Number(query.ItemsOnPage ?? 50), perPage);
    const number = Number(query.PageNumber ?? 1);
    const items = all.slice((number - 1) * size, number * size);
    last = {
      page_number: number,
      items_per_page: size,
      ...(isCounting ? { items_count: all.length } : {}),
      items,
      success: true,
    };
    send(response, 200, last, 'text/plain');
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://vendista');
    const query = Object.fromEntries(url.searchParams);
    asked.push({ path: url.pathname, query, at: performance.now() });
    const fault = faultFor(url.pathname);
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    if (fault === 'half') return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"items": [{"id": 1');
    if (fault === 'unsuccessful') return send(response, 200, { success: false, error: 'no', items: [] });
    if (fault === 'no items') return send(response, 200, { success: true, items: null });
    if (fault === 'repeat') return send(response, 200, last);
    if (typeof fault === 'number') return send(response, fault, { error: 'as scripted' });
    if (fault && 'tooMany' in fault) {
      if (fault.tooMany !== null) response.setHeader('Retry-After', fault.tooMany);
      return send(response, 429, {});
    }
    if (fault && 'after' in fault) await fault.after;
    if (fault && 'first' in fault) fault.first();
    truth(url.pathname, query, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every request, in order. */
    asked,
    account(login: string, password = `${login}-password`) {
      const account: Account = { login, password, tokens: [], needsCode: false, unpaid: new Set(), rows: [], terminals: [] };
      accounts.push(account);
      return account;
    },
    /** The next requests of a path (`*`: any) are answered so, one each. */
    script(path: string, ...list: Fault[]) {
      faults.push(...list.map((fault) => ({ path, fault })));
    },
    unscripted: () => faults.length === 0,
    perPage(size: number) {
      perPage = size;
    },
    /** Whether a page says how much there is. */
    counts(is: boolean) {
      isCounting = is;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
export type FakeVendista = Awaited<ReturnType<typeof fakeVendista>>;

const plain = (time: string) => time.replace('T', ' ').slice(0, 19);
const within = (time: string, from: string, to: string) => plain(time) >= plain(from) && plain(time) <= plain(to);

function send(response: ServerResponse, status: number, body: unknown, type = 'application/json') {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

/** An instant as Vendista writes it. */
export const moscowTime = (instant: Date) =>
  `${wallTimeOf(instant, 'Europe/Moscow').replace('T', ' ')}.${String(instant.getUTCMilliseconds()).padStart(3, '0')}`;

/** A row of a sale that went through, with whatever a case is about. */
export const saleRow = (id: number, fields: Record<string, unknown> & { at: Date }): FakeRow => {
  const { at, ...rest } = fields;
  return {
    id,
    term_id: 1,
    terminal_id: `T${id}`,
    time: moscowTime(at),
    sum: 900,
    result: 1,
    status: 1,
    reverse_id: 0,
    terminal_comment: 'cafe',
    card_number: '2200********1234',
    machine_item: [{ machine_item_id: 7, quantity: 1, item_info: 'espresso' }],
    ...rest,
  };
};
