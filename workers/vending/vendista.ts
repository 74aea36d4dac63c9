import { wallTimeOf } from '../../queues/time/calendar.ts';
import { instantOf } from '../../queues/time/wall-time.ts';
import type { Answered, RejectedRow, SaleRow, ServicePage, Telemetry } from './telemetry.ts';

/** The clock of all times without an offset. */
const ZONE = 'Europe/Moscow';
const PER_PAGE = 500;
export type VendistaLimits = { tokenMs: number; dataMs: number };
const USUAL_LIMITS: VendistaLimits = { tokenMs: 15_000, dataMs: 30_000 };

type Raw = Record<string, unknown>;
/** An HTTP answer as far as it was understood; `body` is undefined where it is no JSON object. */
type Reply = { status: number; body: Raw | undefined; retryAfter: string | null };

/** The client of Vendista. Tokens and credentials travel in queries, so no address leaves this file, in errors neither. */
export function vendista(root: string, limits = USUAL_LIMITS): Telemetry {
  async function ask(path: string, query: Record<string, string>, ms: number): Promise<Reply | { trouble: string }> {
    try {
      const response = await fetch(`${root}${path}?${new URLSearchParams(query)}`, {
        signal: AbortSignal.timeout(ms),
        redirect: 'manual',
        headers: { Accept: 'application/json' },
      });
      // JSON is sometimes labelled text/plain.
      const text = await response.text();
      return { status: response.status, body: objectIn(text), retryAfter: response.headers.get('retry-after') };
    } catch (error) {
      return { trouble: whatFailed(error) };
    }
  }

  async function page(path: string, token: string, query: Record<string, string>): Promise<Answered<ServicePage>> {
    const reply = await ask(path, { token, ItemsOnPage: String(PER_PAGE), OrderDesc: 'false', ...query }, limits.dataMs);
    if ('trouble' in reply) return { is: 'trouble', what: reply.trouble };
    // A token that is not good comes as either.
    if (reply.status === 401 || reply.status === 404) return { is: 'refused' };
    if (reply.status === 400 || reply.status === 403) return { is: 'permanent', status: reply.status };
    return shared(reply) ?? pageIn(reply.body);
  }

  return {
    async token(login, password) {
      const reply = await ask('/token', { Login: login, Password: password }, limits.tokenMs);
      if ('trouble' in reply) return { is: 'trouble', what: reply.trouble };
      if ([401, 403, 404].includes(reply.status)) return { is: 'refused' };
      const other = shared(reply);
      if (other) return other;
      if (reply.body?.verification_code_sended === true) return { is: 'needs_code' };
      const { token } = reply.body ?? {};
      return typeof token === 'string' && token !== '' ? { is: 'good', value: token } : { is: 'trouble', what: 'no token' };
    },
    sales: (token, { from, to }, number) =>
      page('/transactions', token, { DateFrom: moscow(from), DateTo: moscow(to), PageNumber: String(number) }),
    terminals: (token, number) => page('/terminals', token, { PageNumber: String(number) }),
    idOf: (raw) => whole((raw as Raw | null)?.id),
    readSale,
    readTerminal(raw) {
      const row = (raw ?? {}) as Raw;
      const vendista_id = whole(row.id);
      if (vendista_id === null) return null;
      return {
        vendista_id,
        name: words(row.comment) ?? words(row.tid) ?? String(vendista_id),
        serial_number: words(row.serial_number),
        is_online: Number(row.last_hour_online ?? 0) > 0,
        last_online_at: instantIn(row.last_online_time),
      };
    },
  };
}

/** What every answer may be, whatever was asked; undefined for one that is to be read. */
function shared({ status, body, retryAfter }: Reply): Exclude<Answered<never>, { is: 'good' }> | undefined {
  if (status === 402) return { is: 'unpaid' };
  if (status === 429) return { is: 'too_many', seconds: secondsIn(retryAfter) };
  if (status !== 200) return { is: 'trouble', what: `HTTP ${status}` };
  if (!body) return { is: 'trouble', what: 'no JSON' };
  return body.success === false ? { is: 'trouble', what: 'success: false' } : undefined;
}

function pageIn(body: Raw = {}): Answered<ServicePage> {
  if (!Array.isArray(body.items)) return { is: 'trouble', what: 'items is no array' };
  const perPage = whole(body.items_per_page) ?? body.items.length;
  return { is: 'good', value: { rows: body.items, count: whole(body.items_count), perPage } };
}

/** V11: a row without id, terminal or readable time is none; an absent status or reverse_id has a meaning, an absent result has not. */
function readSale(given: unknown): SaleRow | RejectedRow {
  const row = (given ?? {}) as Raw;
  // What is kept of a row that is rejected.
  const raw = 'card_number' in Object(given) ? { ...row, card_number: masked(String(row.card_number ?? '')) } : given;
  const [vendista_id, terminal, sum] = [whole(row.id), whole(row.term_id), signed(row.sum)];
  const happened_at = instantIn(row.time);
  const result = small(row.result);
  if (vendista_id === null) return { raw, reason: 'no id' };
  if (terminal === null) return { raw, reason: 'no term_id' };
  if (happened_at === null) return { raw, reason: 'no readable time' };
  if (sum === null) return { raw, reason: 'no sum' };
  if (result === null) return { raw, reason: 'no result' };
  return {
    vendista_id,
    terminal,
    sum,
    happened_at,
    result,
    status: small(row.status) ?? (sum < 0 ? 4 : 1),
    reverse_id: whole(row.reverse_id) ?? 0,
    card: masked(words(row.card_number)),
    comment: words(row.terminal_comment),
    items: itemsIn(row.machine_item),
  };
}

const itemsIn = (list: unknown): SaleRow['items'] =>
  (Array.isArray(list) ? list : []).slice(0, 1_000).flatMap((entry: Raw | null, line_no) => {
    const [item, quantity] = [whole(entry?.machine_item_id), whole(entry?.quantity ?? 1)];
    return item === null || quantity === null || quantity < 1 || quantity > 1_000_000 ? [] : [{ line_no, item, quantity }];
  });

/** A whole number from 0, however it is written; null for anything else. */
function whole(value: unknown): number | null {
  const number = signed(value);
  return number !== null && number >= 0 ? number : null;
}
function signed(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : null;
}

/** What a column of 4 bytes holds. */
function small(value: unknown): number | null {
  const number = signed(value);
  return number !== null && Math.abs(number) < 2 ** 31 ? number : null;
}

/** A card's number as it may be kept: its last four digits. */
const masked = (card: string | null) => card?.replaceAll(/\d(?=(?:[\s-]?\d){4})/g, '*') ?? null;

const words = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== ''
    ? value.slice(0, 500).toWellFormed().replaceAll('\0', '').trim() || null
    : null;

const TIME = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

/** A wall time of Moscow as an instant; null for what is none. */
function instantIn(value: unknown): string | null {
  const [text, year, month, day, hour, minute, second, fraction = ''] = TIME.exec(String(value ?? '')) ?? [];
  if (text === undefined) return null;
  const wall = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // A 32nd of March would be another day, or none.
  if (Number.isNaN(wall.getTime()) || wall.getUTCDate() !== Number(day) || Number(year) < 2000) return null;
  return instantOf(wall, ZONE).toISOString();
}

const moscow = (instant: string) => wallTimeOf(new Date(instant), ZONE);

function objectIn(text: string): Raw | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;
  } catch {
    return undefined;
  }
}

/** `Retry-After` is seconds or a date. */
function secondsIn(text: string | null): number | null {
  if (text === null) return null;
  if (/^\d{1,6}$/.test(text.trim())) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1_000));
}

/** Why a call got no answer, without a word of what was called. */
function whatFailed(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  const { code } = (error instanceof Error ? (error.cause ?? error) : {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_0-9]{3,40}$/.test(code) ? `the connection failed: ${code}` : 'the connection failed';
}
