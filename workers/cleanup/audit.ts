import { createHash } from 'node:crypto';
import { dayOf } from '../../queues/time/calendar.ts';
import { auditBooks, type Finding } from '../../sql/audit/audit.ts';
import type { Operation } from './operation.ts';

/** Findings a run keeps, and a message names; `GET /api/audit` lists all. */
const KEPT = 100;
const TOLD = 20;

/** Recomputes the ledgers; what is not square leaves the run `partial` and is reported to the admins, the same findings once a day. */
export const auditNight: Operation = {
  name: 'audit',
  async act({ db, run, date, now, settings }) {
    const today = dayOf(now, settings.zone);
    const findings = await auditBooks(db, date < today ? date : today);
    const count = findings.length;
    if (count === 0) return { counts: { audit_findings: 0 } };
    const params = { run_id: run.id, date, count, findings: findings.slice(0, TOLD) };
    return {
      counts: { audit_findings: count },
      trouble: {
        details: { audit: findings.slice(0, KEPT) },
        notices: [{ template: 'books_not_square', dedupe: `books_not_square:${date}:${fingerprintOf(findings)}`, params }],
      },
    };
  },
};

/** The same findings, whatever else they say, are the same. */
const fingerprintOf = (findings: readonly Finding[]) =>
  createHash('sha256')
    .update(
      findings
        .map(({ rule, id }) => `${rule}:${id}`)
        .toSorted()
        .join(' '),
    )
    .digest('hex')
    .slice(0, 16);
