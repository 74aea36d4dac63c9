import type { RequestRefusal } from './decision.ts';

/** What an API process of an earlier version reads of a noted refusal: the HTTP status it answers with. */
const STATUS_READ_EARLIER = { missing: 404, conflict: 409 } as const satisfies Record<RequestRefusal['kind'], number>;

/** A refusal as it is noted: for processes of this version, and for those of an earlier one that still run while a fleet is updated. */
export const notedRefusal = ({ kind, detail }: RequestRefusal) => ({ kind, status: STATUS_READ_EARLIER[kind], detail });
