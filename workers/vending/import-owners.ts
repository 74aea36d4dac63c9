import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type ImportCounts, importCounts, noImportCounts } from '../../queues/jobs/vending-runs.ts';
import { log } from '../../queues/log/log.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { Outcome } from '../../sql/runs/execute.ts';
import type { Run } from '../../sql/runs/rows.ts';
import {
  lockVendingOwner,
  noteReadTo,
  releaseImportLock,
  tryImportLock,
  type VendingOwner,
  vendingOwnersAfter,
} from '../../sql/vending/owners.ts';
import { keepRejects, settleSales, writeSalesPage } from '../../sql/vending/page.ts';
import { progressOf } from '../runner/progress.ts';
import type { RunContext } from '../runner/run-context.ts';
import type { Services } from './calls.ts';
import { notifyOfMissingRecipes, settleTasks } from './notices.ts';
import { clearOwnerTrouble, OwnerStopped, ownerSession, whySkipped } from './owner-session.ts';
import { PagingFailed, readPages } from './read-pages.ts';
import type { RejectedRow, SaleRow, Telemetry } from './telemetry.ts';
import type { ReadWindow } from './windows.ts';

const reasons = z.array(z.object({ owner_id: z.int(), reason: z.string() }));
/** How far an import has come: the last owner that is over, the windows of the next one that are read, and what there was so far. */
const importProgress = z.object({
  after: z.int(),
  windows_read: z.int(),
  owners: z.int(),
  counts: importCounts,
  skipped: reasons,
  failed: reasons,
  warnings: reasons,
  from: z.iso.datetime().nullable(),
});
type ImportProgress = z.output<typeof importProgress>;
const BEGIN: ImportProgress = {
  after: 0,
  windows_read: 0,
  owners: 0,
  counts: noImportCounts,
  skipped: [],
  failed: [],
  warnings: [],
  from: null,
};

/** Another import of the owner is waited for so long, a look at a time. */
const LOCK_MS = 120_000;
const LOOK_MS = 200;

type Import = {
  to: string;
  only: number | null;
  windowsOf: (owner: VendingOwner) => readonly ReadWindow[];
  warnOf?: (owner: VendingOwner) => string | null;
};

/**
 * Reads the sales of owners, one after the other by id (V6): each page is a transaction with its stock, tasks and messages (V9), and
 * what one owner's trouble ends is that owner's reading alone. A run that is taken up again begins the window in hand anew; rows that
 * were read write nothing the second time.
 */
export async function importOwners(run: Run, context: RunContext, services: Services, { to, only, windowsOf, warnOf }: Import) {
  const { db, chunk } = context;
  let reached = progressOf(run, importProgress, BEGIN);
  const owners = await vendingOwnersAfter(db, reached.after, only);
  for (const owner of owners) {
    const end = (more: Partial<ImportProgress>) => chunk(async () => ({ ...reached, after: owner.id, windows_read: 0, ...more }));
    const skip = whySkipped(owner);
    if (skip !== null) {
      reached = await end({ skipped: [...reached.skipped, { owner_id: owner.id, reason: skip }] });
      continue;
    }
    const warning = warnOf?.(owner);
    if (warning && reached.windows_read === 0)
      reached = { ...reached, warnings: [...reached.warnings, { owner_id: owner.id, reason: warning }] };
    try {
      const reading = readingOf(context, services, owner);
      for (const window of windowsOf(owner).slice(reached.windows_read)) {
        await underImportLock(db, owner.id, () =>
          readWindow(
            run,
            context,
            reading,
            owner,
            window,
            () => reached,
            (next) => (reached = next),
          ),
        );
      }
      reached = await end({ owners: reached.owners + 1 });
    } catch (error) {
      if (!(error instanceof OwnerStopped)) throw error;
      log.warn(
        { run_id: run.id, owner_id: owner.id, reason: error.reason },
        'an owner of vending machines was not read to the end',
      );
      reached = await end({ failed: [...reached.failed, { owner_id: owner.id, reason: error.reason }] });
    }
  }
  return outcomeOf(reached, to);
}

async function underImportLock(db: Sql, ownerId: number, work: () => Promise<void>) {
  for (let waited = 0; !(await tryImportLock(db, ownerId)); waited += LOOK_MS) {
    if (waited >= LOCK_MS) throw new OwnerStopped('busy');
    await sleep(LOOK_MS);
  }
  try {
    await work();
  } finally {
    await releaseImportLock(db, ownerId);
  }
}

/** How an owner's sales are asked for. One session for all windows of a run: a new token is asked for once (V5). */
function readingOf({ db, settings }: RunContext, services: Services, owner: VendingOwner) {
  const { telemetry, pace } = services(owner.service, settings);
  return { telemetry, session: ownerSession({ db, settings, telemetry, pace, reads: 'sales' }, owner) };
}

async function readWindow(
  run: Run,
  context: RunContext,
  { telemetry, session }: ReturnType<typeof readingOf>,
  owner: VendingOwner,
  window: ReadWindow,
  now: () => ImportProgress,
  note: (reached: ImportProgress) => void,
) {
  const { settings, chunk } = context;
  let isRejecting = false;
  const read = readPages(
    (page) => session.data((token) => telemetry.sales(token, window, page)),
    telemetry.idOf,
    async (rows) => {
      const { sales, rejects } = sorted(telemetry, rows);
      isRejecting ||= rejects.length > 0;
      note(
        await chunk(async (transaction) => {
          const page = await writePage(transaction, context, run, owner, sales, rejects);
          return { ...now(), counts: sum(now().counts, { ...page, pages: 1, processed: rows.length }) };
        }),
      );
    },
  );
  const end = await read.catch((error) => {
    throw error instanceof PagingFailed ? new OwnerStopped(error.message) : error;
  });
  const warnings = end === 'page_drift' ? [...now().warnings, { owner_id: owner.id, reason: end }] : now().warnings;
  const failed = isRejecting ? [...now().failed, { owner_id: owner.id, reason: 'rejected_rows' }] : now().failed;
  note(
    await chunk(async (transaction) => {
      if (end === 'whole') await noteReadTo(transaction, owner.id, window, context.now);
      await clearOwnerTrouble(transaction, settings.adminChatIds, owner.id, 'sales');
      const from = [now().from, window.from].filter((instant) => instant !== null).sort()[0] ?? null;
      return { ...now(), windows_read: now().windows_read + 1, warnings, failed, from };
    }),
  );
}

/** Of rows that came twice on a page, the last one. */
function sorted(telemetry: Telemetry, rows: readonly unknown[]) {
  const sales = new Map<number, SaleRow>();
  const rejects: RejectedRow[] = [];
  for (const raw of rows) {
    const read = telemetry.readSale(raw);
    if ('reason' in read) rejects.push(read);
    else sales.set(read.vendista_id, read);
  }
  return { sales: [...sales.values()], rejects };
}

/** A page's rows, stock, tasks and messages, in the caller's transaction (V9). */
async function writePage(
  transaction: Sql,
  { settings }: RunContext,
  run: Run,
  owner: VendingOwner,
  rows: readonly SaleRow[],
  rejects: readonly RejectedRow[],
): Promise<Partial<ImportCounts>> {
  await lockVendingOwner(transaction, owner.id);
  const rejected = await keepRejects(transaction, owner.id, run.id, rejects);
  const { ids, ...written } = await writeSalesPage(transaction, owner.id, rows);
  const unchanged = rows.length - ids.length;
  if (ids.length === 0) return { ...written, unchanged, rejected };
  const settled = await settleSales(transaction, owner.id, ids, `run ${run.id}`);
  const tasks = await settleTasks(transaction, settled.terminals, `run ${run.id}`, settings.adminChatIds);
  await notifyOfMissingRecipes(transaction, owner.user_id, settled.missing);
  const { deducted, came_back, needs_recipe, unknown_item, unknown_terminal } = settled;
  return {
    ...written,
    unchanged,
    rejected,
    deducted,
    returned: came_back,
    needs_recipe,
    unknown_item,
    unknown_terminal,
    tasks_created: tasks.created,
  };
}

const sum = (counts: ImportCounts, more: Partial<ImportCounts>): ImportCounts =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count + (more[name as keyof ImportCounts] ?? 0)]),
  ) as ImportCounts;

/** `success` only if each owner that was not skipped was read to the end (V6). */
function outcomeOf({ counts, skipped, failed, warnings, owners, from }: ImportProgress, to: string): Outcome {
  const isWhole = failed.length === 0 && !warnings.some(({ reason }) => reason === 'page_drift');
  const result = { ...counts, owners, owners_skipped: skipped, owners_failed: failed, period: { from, to } };
  return {
    status: isWhole ? 'success' : 'partial',
    result,
    details: { ...result, warnings },
    counts: { errors_count: failed.length },
  };
}
