import type { Pace } from '../../../sql/notifications/claim.ts';

/** A call to Telegram is given up after this. */
export const TIMEOUT_MS = 10_000;
/** A claim outlives the call made under it, so that no other process takes over what may still arrive. */
export const LEASE_MS = 20_000;
/** No call begins later than this after its claim. */
export const START_MS = LEASE_MS - TIMEOUT_MS - 5_000;

/**
 * The limiter's clock (D37): a second is a little longer than Telegram's, whose clock need not be ours.
 * @param times how many times Telegram's public limits this bot may use
 */
export const paceOf = (times: number): Pace => ({ secondMs: 1_005 / times, leaseMs: LEASE_MS });
