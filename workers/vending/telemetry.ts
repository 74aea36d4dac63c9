/**
 * What a telemetry service is to the rest: one file a service makes its answers these, and nothing else knows its paths, its fields
 * or its clock. An answer never holds an address, a token or a password (V3).
 */
export type Answered<T> =
  | { is: 'good'; value: T }
  /** The token, or login and password, are not (or no longer) good. */
  | { is: 'refused' }
  | { is: 'needs_code' }
  | { is: 'unpaid' }
  /** Too many calls. `seconds`: how long the service wants to be left alone; null: it did not say. */
  | { is: 'too_many'; seconds: number | null }
  /** Asking again would get the same answer. */
  | { is: 'permanent'; status: number }
  /** Asking again may help: away, slow, broken. */
  | { is: 'trouble'; what: string };

/** The demo studio's own service lets in whoever asks. */
export const asksForLogin = (service: string) => service !== 'demo';

/** Some of what there is, as raw rows, and how much there is (null: it did not say). `perPage` is what the service gave, whatever was asked. */
export type ServicePage = { rows: readonly unknown[]; count: number | null; perPage: number };
/** Instants, both included. */
export type SalesWindow = { from: string; to: string };

/** A row of sales as everything else sees it. Money in minor units, the instant in UTC. */
export type SaleRow = {
  vendista_id: number;
  terminal: number;
  sum: number;
  happened_at: string;
  result: number;
  status: number;
  reverse_id: number;
  card: string | null;
  comment: string | null;
  items: { line_no: number; item: number; quantity: number }[];
};
/** A row that cannot be one, and why. */
export type RejectedRow = { raw: unknown; reason: string };

export type TerminalRow = {
  vendista_id: number;
  name: string;
  serial_number: string | null;
  is_online: boolean;
  last_online_at: string | null;
};

export type Telemetry = {
  /** A new token for these credentials. */
  token(login: string, password: string): Promise<Answered<string>>;
  /** A page (from 1) of the sales of a window, the oldest first. */
  sales(token: string, window: SalesWindow, page: number): Promise<Answered<ServicePage>>;
  terminals(token: string, page: number): Promise<Answered<ServicePage>>;
  /** The id by which rows of a page are told apart, or null. */
  idOf(raw: unknown): number | null;
  readSale(raw: unknown): SaleRow | RejectedRow;
  /** Null for a row that is no terminal. */
  readTerminal(raw: unknown): TerminalRow | null;
};
