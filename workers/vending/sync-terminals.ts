import { z } from 'zod';
import { enqueueProcess } from '../../queues/backend/enqueue.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import { type ProcessRequest, requestProcess } from '../../queues/jobs/request.ts';
import { log } from '../../queues/log/log.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { lockVendingOwner, type VendingOwner, vendingOwnersAfter } from '../../sql/vending/owners.ts';
import { anySaleWaits, syncTerminals } from '../../sql/vending/terminals.ts';
import { progressOf } from '../runner/progress.ts';
import type { RunContext, RunHandler } from '../runner/run-context.ts';
import type { Services } from './calls.ts';
import { settleTasks } from './notices.ts';
import { clearOwnerTrouble, OwnerStopped, ownerSession, whySkipped } from './owner-session.ts';
import { PagingFailed, readPages } from './read-pages.ts';
import type { TerminalRow } from './telemetry.ts';

const reasons = z.array(z.object({ owner_id: z.int(), reason: z.string() }));
const syncProgress = z.object({
  after: z.int(),
  owners: z.int(),
  terminals: z.int(),
  added: z.int(),
  went_offline: z.int(),
  deactivated: z.int(),
  owners_skipped: reasons,
  owners_failed: reasons,
});
type SyncProgress = z.output<typeof syncProgress>;
const BEGIN: SyncProgress = {
  after: 0,
  owners: 0,
  terminals: 0,
  added: 0,
  went_offline: 0,
  deactivated: 0,
  owners_skipped: [],
  owners_failed: [],
};

/** Reads each owner's terminals (V25). A list that did not come whole changes nothing. */
export const syncOwners =
  (services: Services): RunHandler =>
  async (run, context) => {
    const { owner_id } = runs.vending_terminals.params.parse(run.params);
    let reached = progressOf(run, syncProgress, BEGIN);
    for (const owner of await vendingOwnersAfter(context.db, reached.after, owner_id ?? null)) {
      const before = { ...reached, after: owner.id };
      const skip = whySkipped(owner);
      if (skip !== null) {
        const owners_skipped = [...reached.owners_skipped, { owner_id: owner.id, reason: skip }];
        reached = await context.chunk(async () => ({ ...before, owners_skipped }));
        continue;
      }
      try {
        const rows = await readTerminals(context, services, owner);
        reached = await keep(context, owner, rows, before, `run ${run.id}`);
      } catch (error) {
        if (!(error instanceof OwnerStopped)) throw error;
        const owners_failed = [...reached.owners_failed, { owner_id: owner.id, reason: error.reason }];
        reached = await context.chunk(async () => ({ ...before, owners_failed }));
      }
    }
    const { after: _, ...result } = reached;
    const failures = result.owners_failed.length;
    return { status: failures > 0 ? 'partial' : 'success', result, details: result, counts: { errors_count: failures } };
  };

async function readTerminals({ db, settings }: RunContext, services: Services, owner: VendingOwner) {
  const { telemetry, pace } = services(owner.service, settings);
  const session = ownerSession({ db, settings, telemetry, pace, reads: 'terminals' }, owner);
  const terminals = new Map<number, TerminalRow>();
  const end = await readPages(
    (page) => session.data((token) => telemetry.terminals(token, page)),
    telemetry.idOf,
    async (rows) => {
      for (const row of rows.map(telemetry.readTerminal)) if (row) terminals.set(row.vendista_id, row);
    },
  ).catch((error) => {
    throw error instanceof PagingFailed ? new OwnerStopped(error.message) : error;
  });
  if (end !== 'whole') throw new OwnerStopped(end);
  return [...terminals.values()];
}

async function keep(context: RunContext, owner: VendingOwner, rows: readonly TerminalRow[], before: SyncProgress, by: string) {
  const asked: ProcessRequest[] = [];
  const reached = await context.chunk(async (transaction): Promise<SyncProgress> => {
    asked.length = 0;
    await lockVendingOwner(transaction, owner.id);
    await clearOwnerTrouble(transaction, context.settings.adminChatIds, owner.id, 'terminals');
    const { added, terminals, deactivated, returned, offline } = await syncTerminals(transaction, owner.id, rows, context.now);
    await notifyPeople(
      transaction,
      offline.map(({ id, name, assignee_id, last_online_at }) => ({
        userId: assignee_id ?? owner.user_id,
        template: 'vending_offline' as const,
        dedupe: `vending_offline:${id}:${context.now.getTime()}`,
        params: { terminal_id: id, terminal: name, last_online_at },
      })),
    );
    // Their tasks were dropped when they went.
    await settleTasks(transaction, returned, by, context.settings.adminChatIds);
    if (added > 0 && (await anySaleWaits(transaction, owner.id)))
      asked.push(await requestDeduction(transaction, owner.id, context.now, context.settings.zone));
    return {
      ...before,
      owners: before.owners + 1,
      terminals: before.terminals + terminals,
      added: before.added + added,
      went_offline: before.went_offline + offline.length,
      deactivated: before.deactivated + deactivated.length,
    };
  });
  await enqueueLater(context, asked);
  return reached;
}

/** Asks for what sales wait for to be taken from an owner's stock, in the transaction of its cause (V21). */
export const requestDeduction = (transaction: RunContext['db'], ownerId: number, now: Date, zone: string) =>
  requestProcess(transaction, 'vending_deduction', { owner_id: ownerId }, dayOf(now, zone), { scheduled_for: now.toISOString() });

/** Runs that are not heard now are enqueued again by the scheduler. */
export async function enqueueLater({ backend }: Pick<RunContext, 'backend'>, asked: readonly ProcessRequest[]) {
  for (const request of asked)
    await enqueueProcess(backend, request).catch((error) =>
      log.warn({ err: error, run_id: request.run.id }, 'a run waits for its queue'),
    );
}
