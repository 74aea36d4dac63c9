import type { HandlersOf } from '../runner/run-context.ts';
import type { Services } from './calls.ts';
import { deductWaiting } from './deduction.ts';
import { importHistory, importRegularly, importSince } from './imports.ts';
import { checkPayments } from './payment-check.ts';
import { syncOwners } from './sync-terminals.ts';
import { tellSales, tellStock } from './tell-owners.ts';

/** What the worker does, with these services. */
export const handlersWith = (services: Services) =>
  ({
    vending_import: importRegularly(services),
    vending_import_day: importSince(1, services),
    vending_import_week: importSince(7, services),
    vending_history: importHistory(services),
    vending_terminals: syncOwners(services),
    vending_payment_check: checkPayments(services),
    vending_deduction: deductWaiting,
    vending_digest: tellStock,
    vending_summary: tellSales,
  }) satisfies HandlersOf<'vending'>;
