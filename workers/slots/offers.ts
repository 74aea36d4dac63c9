import type { Sql } from '../../sql/database/database.ts';
import { readSlotOffer, type SlotOffer } from '../../sql/slots/offer.ts';

/**
 * What a process has just read of an offer, and of the days that have changed, holds for this long. Whoever writes through this
 * process sees his change at once (see {@link Offers.forget}); what is changed elsewhere is seen after this at the latest. A
 * slot that was taken meanwhile is refused by the database (D33), as one that is taken right after it was read.
 */
const FRESH_MS = 200;
const MOST = 500;

type Wish = Parameters<typeof readSlotOffer>[1];
type Offers = ReturnType<typeof openOffers>;

/** Offers as they are read again and again: without this, a reading of stored days would cost two. */
export function openOffers(now: () => number = () => performance.now()) {
  const known = new Map<string, { offer: SlotOffer; until: number }>();
  let writes = 0;
  return {
    async read(db: Sql, wish: Wish): Promise<SlotOffer | null> {
      const key = `${wish.serviceId} ${wish.specialistId} ${wish.locationId}`;
      const [at, before] = [now(), writes];
      const found = known.get(key);
      if (found && found.until > at) return found.offer;
      const offer = await readSlotOffer(db, wish);
      if (known.size >= MOST) known.clear();
      // What was read while somebody wrote may be of before.
      if (offer && writes === before) known.set(key, { offer, until: at + FRESH_MS });
      return offer;
    },
    /** How often something was written through this process: what was begun before is not what is asked for now. */
    version: () => writes,
    forget() {
      writes += 1;
      known.clear();
    },
  };
}

const opened = new WeakMap<object, Offers>();

/** The offers of this process. */
export function offersOf(fleet: object): Offers {
  const offers = opened.get(fleet) ?? openOffers();
  opened.set(fleet, offers);
  return offers;
}
