import type { Sql } from '../../sql/database/database.ts';
import type { FinanceRequest } from '../../sql/finance/requests.ts';

/** What became of a request: its answer, or why it was refused. `status` is the HTTP status the route answers with. */
export type Decision = { refused?: undefined; answer: object } | Refusal;
type Refusal = { refused: { status: 404 | 409; detail: string } };
export const refuse = (status: 404 | 409, detail: string): Refusal => ({ refused: { status, detail } });

/** @param zone the studio's: by it the instant of asking has a business day */
export type Decide = (transaction: Sql, request: FinanceRequest, zone: string) => Promise<Decision>;
