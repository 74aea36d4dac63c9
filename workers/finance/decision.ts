import type { Sql } from '../../sql/database/database.ts';
import type { FinanceRequest } from '../../sql/finance/requests.ts';
import type { RefusalKind } from '../refusal.ts';

export type RequestRefusal = { kind: Extract<RefusalKind, 'missing' | 'conflict'>; detail: string };
/** What became of a request: its answer, or why it was refused. It is noted as `finance_requests.outcome`. */
export type Decision = { refused?: undefined; answer: object } | Refusal;
type Refusal = { refused: RequestRefusal };
export const refuse = (kind: RequestRefusal['kind'], detail: string): Refusal => ({ refused: { kind, detail } });

/** @param zone the studio's: by it the instant of asking has a business day */
export type Decide = (transaction: Sql, request: FinanceRequest, zone: string) => Promise<Decision>;
