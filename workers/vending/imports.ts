import { runs } from '../../queues/jobs/catalog.ts';
import { findVendingOwner } from '../../sql/vending/owners.ts';
import type { RunHandler } from '../runner/run-context.ts';
import type { Services } from './calls.ts';
import { importOwners } from './import-owners.ts';
import { monthsOf, regularWindow, windowSince } from './windows.ts';

/** When a run began the first time: its windows end there, also when it is taken up again (V7). */
const begun = (run: { started_at: string | null }, now: Date) => new Date(run.started_at ?? now);

/** The import of each quarter of an hour, or the one that somebody asked for with a window of its own. */
export const importRegularly =
  (services: Services): RunHandler =>
  (run, context) => {
    const { owner_id, from, to } = runs.vending_import.params.parse(run.params);
    const now = begun(run, context.now);
    const end = to ?? now.toISOString();
    return importOwners(run, context, services, {
      to: end,
      only: owner_id ?? null,
      windowsOf(owner) {
        return [from ? { from, to: end } : regularWindow(new Date(end), owner.read_to)];
      },
      warnOf: (owner) => (!from && regularWindow(new Date(end), owner.read_to).isGap ? 'older_sales_not_read' : null),
    });
  };

/** The same since so many days ago began: what came late. */
export const importSince =
  (days: number, services: Services): RunHandler =>
  (run, context) => {
    const window = windowSince(days, begun(run, context.now), context.settings.zone);
    return importOwners(run, context, services, { to: window.to, only: null, windowsOf: () => [window] });
  };

/** What was sold before the stock is kept, month by month (V20). */
export const importHistory =
  (services: Services): RunHandler =>
  async (run, context) => {
    const { owner_id, from } = runs.vending_history.params.parse(run.params);
    const owner = await findVendingOwner(context.db, owner_id);
    const now = begun(run, context.now).toISOString();
    const to = owner && owner.stock_from < now ? owner.stock_from : now;
    return importOwners(run, context, services, { to, only: owner_id, windowsOf: () => monthsOf(from, to) });
  };
