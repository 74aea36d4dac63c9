import { z } from 'zod';

/** A training in which a place was released. */
export const released = z.object({
  real_training_id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  start_time: z.string(),
});

/** What came back for released places: sessions, and minor units of money paid or owed. */
export const returnedForPlaces = z.object({ sessions: z.int(), refunded_minor: z.int(), cancelled_minor: z.int() });
