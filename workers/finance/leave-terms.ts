import type { PlaceInClass } from '../../sql/site/places.ts';
import { freeUntil } from '../free-until.ts';
import { judgeCancellation } from './free-cancellation.ts';

/** What giving up a place in a class means at an instant: free, charged, or leaving the waitlist. */
export type LeaveOutcome = 'safe' | 'late' | 'unwait';
type SeatToLeave = Pick<
  PlaceInClass,
  'training_status' | 'is_cancelled' | 'starts_at' | 'status' | 'free_until_start' | 'promoted_at'
>;

const graceOf = (place: SeatToLeave) => ({ isFreeUntilStart: place.free_until_start, promotedAt: place.promoted_at });

/** What a student's giving it up means, said before it is done; null where it cannot be given up any more (D17, R15). */
export function leaveTerms(place: SeatToLeave, now: Date): LeaveOutcome | null {
  if (place.training_status === 'cancelled' || place.is_cancelled) return null;
  const judged = judgeCancellation(now, new Date(place.starts_at), graceOf(place));
  if (judged === 'started') return null;
  if (place.status === 'WAITLIST') return 'unwait';
  return place.status === 'REGISTERED' ? judged : null;
}

/** The last instant at which it is free to give it up. */
export const freeToLeaveUntil = (place: SeatToLeave): Date => freeUntil(new Date(place.starts_at), graceOf(place));
