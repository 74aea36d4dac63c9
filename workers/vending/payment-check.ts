import { z } from 'zod';
import { type ProcessRequest, requestProcess } from '../../queues/jobs/request.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { clearAlert } from '../../sql/alerts/alerts.ts';
import { notePaid } from '../../sql/alerts/outside-services.ts';
import type { Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { judgeCredentials, serviceOf, type VendingOwner, vendingOwnersAfter } from '../../sql/vending/owners.ts';
import { progressOf } from '../runner/progress.ts';
import type { RunContext, RunHandler } from '../runner/run-context.ts';
import type { Services } from './calls.ts';
import { OwnerStopped, ownerSession } from './owner-session.ts';
import { enqueueLater } from './sync-terminals.ts';

const checkProgress = z.object({ after: z.int(), checked: z.int(), recovered: z.array(z.int()) });

/** Owners whose service wants to be paid, or refuses their login: where a new token and one data call both succeed, they are read again (V28). */
export const checkPayments =
  (services: Services): RunHandler =>
  async (run, context) => {
    const { db, settings } = context;
    let reached = progressOf(run, checkProgress, { after: 0, checked: 0, recovered: [] });
    for (const owner of await vendingOwnersAfter(db, reached.after, null)) {
      if (!owner.is_active || owner.login_enc === null) continue;
      const since = owner.unpaid_since ?? (owner.credentials === 'valid' ? null : owner.credentials_since);
      if (since === null) continue;
      const session = await answersAgain(context, services, owner);
      const asked: ProcessRequest[] = [];
      const before = { after: owner.id, checked: reached.checked + 1, recovered: reached.recovered };
      reached = await context.chunk(async (transaction) => {
        asked.length = 0;
        if (!session) return before;
        await session.keep(transaction);
        await restoreOwner(transaction, owner, settings.adminChatIds);
        const from = new Date(Date.parse(since) - DAY_MS).toISOString();
        const today = dayOf(context.now, settings.zone);
        const body = { owner_id: owner.id, from };
        asked.push(
          await requestProcess(transaction, 'vending_import', body, today, { scheduled_for: context.now.toISOString() }),
        );
        return { ...before, recovered: [...before.recovered, owner.id] };
      });
      await enqueueLater(context, asked);
    }
    const { after: _, ...result } = reached;
    return { status: 'success', result, details: result, counts: {} };
  };

/** The owner's session with a new token that answers, or null. */
async function answersAgain({ db, settings, now }: RunContext, services: Services, owner: VendingOwner) {
  const { telemetry, pace } = services(owner.service, settings);
  const session = ownerSession({ db, settings, telemetry, pace, reads: 'sales' }, owner, true);
  const window = { from: new Date(now.getTime() - DAY_MS).toISOString(), to: now.toISOString() };
  try {
    await session.login();
    await session.data((token) => telemetry.sales(token, window, 1));
    return session;
  } catch (error) {
    if (error instanceof OwnerStopped) return null;
    throw error;
  }
}

/** The owner's data is read from now on; the admins are notified once (V28). */
async function restoreOwner(transaction: Sql, owner: VendingOwner, chatIds: readonly number[]) {
  await notePaid(transaction, serviceOf(owner), chatIds);
  const isLetIn = await judgeCredentials(transaction, owner, 'valid');
  if (isLetIn) await clearAlert(transaction, chatIds, `vending_credentials:${owner.id}`);
}
