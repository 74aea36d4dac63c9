import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wallTimeOf } from '../../queues/time/calendar.ts';
import { DEMO_MACHINES, demoSales } from '../../sql/demo/vending-sales.ts';
import type { Telemetry } from './telemetry.ts';
import { vendista } from './vendista.ts';

const MOSCOW = 'Europe/Moscow';
const wall = (instant: Date) => wallTimeOf(instant, MOSCOW).replace('T', ' ');
/** An instant of a wall time in a query. */
const instantIn = (text: string | null) => new Date(`${String(text).replace(' ', 'T').slice(0, 19)}+03:00`);

/**
 * The telemetry service of the demo studio: it answers like Vendista, on a port of this machine's loopback, what its three machines have
 * sold until now. It asks for no login. Returns its address; nothing keeps the process alive for it.
 */
export async function startDemoService(now = () => new Date()): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://demo');
    if (pathname === '/terminals') return page(response, query, terminals(now()));
    if (pathname === '/transactions') return page(response, query, transactions(query, now()));
    response.writeHead(404).end();
  });
  server.unref();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const terminals = (now: Date) =>
  DEMO_MACHINES.map((comment, n) => ({
    id: n + 1,
    comment,
    serial_number: null,
    last_hour_online: 1,
    last_online_time: wall(now),
  }));

function transactions(query: URLSearchParams, now: Date) {
  const [from, to] = [instantIn(query.get('DateFrom')), instantIn(query.get('DateTo'))];
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return [];
  return demoSales(from, to < now ? to : now).map(({ id, terminal, item, sum, at }) => ({
    id,
    term_id: terminal,
    time: wall(at),
    sum,
    result: 1,
    status: 1,
    reverse_id: 0,
    machine_item: [{ machine_item_id: item, quantity: 1 }],
  }));
}

function page(response: ServerResponse, query: URLSearchParams, all: readonly unknown[]) {
  const [size, number] = [Number(query.get('ItemsOnPage') ?? 50), Number(query.get('PageNumber') ?? 1)];
  const items = all.slice((number - 1) * size, number * size);
  const answer = { page_number: number, items_per_page: size, items_count: all.length, items, success: true };
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(answer));
}

/** Reads the demo's service by the client of Vendista; it is started when it is asked the first time. */
export function demoTelemetry(): Telemetry {
  let started: Promise<Telemetry> | undefined;
  const client = () => {
    started ??= startDemoService().then((root) => vendista(root));
    return started;
  };
  // Rows are understood without an address.
  const { idOf, readSale, readTerminal } = vendista('');
  return {
    token: async (login, password) => (await client()).token(login, password),
    sales: async (token, window, number) => (await client()).sales(token, window, number),
    terminals: async (token, number) => (await client()).terminals(token, number),
    idOf,
    readSale,
    readTerminal,
  };
}
