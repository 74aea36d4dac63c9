export {
  absenceRow,
  changeAbsence,
  deleteAbsence,
  enterAbsence,
  findAbsence,
  listAbsences,
} from './bookings/absences.ts';
export { bookUnpaid, type ToBook } from './bookings/book.ts';
export { readCalendar, type Span, type SpecialistCalendar } from './bookings/calendar.ts';
export {
  type BookingState,
  closeBooking,
  endBooking,
  isWithinPackage,
  lockBooking,
  moveBooking,
  moveDueDate,
  returnUnit,
} from './bookings/change.ts';
export { isClient, payerOfClient } from './bookings/clients.ts';
export { confirmBooking, releaseHold } from './bookings/confirm.ts';
export { isCovered } from './bookings/cover.ts';
export { holdSlot } from './bookings/hold.ts';
export { expireHolds } from './bookings/holds.ts';
export { type NewBooking, shapeOf } from './bookings/made.ts';
export { meetingOf, meetingRow, meetingsIn } from './bookings/meetings.ts';
export {
  type Discount,
  type Offer,
  type OfferQuestion,
  type OfferToBook,
  readOffer,
  readOffersToBook,
} from './bookings/offer.ts';
export { isService, type Link, linkOffer, listOffers, offerLinkRow, unlinkOffer } from './bookings/offers.ts';
export {
  buyPackage,
  clientPackageRow,
  findClientPackage,
  findOfferedPackage,
  listClientPackages,
} from './bookings/packages.ts';
export { type Booking, bookingRow, findBooking, listBookings, payFrom, statuses } from './bookings/rows.ts';
export { forgetSlotLocks, giveSlot, type SlotClaim, takeSlot } from './bookings/slot-locks.ts';
export {
  bookingsHolding,
  endPackage,
  giveBackPrice,
  holdingRow,
  lockClientPackage,
  lockPackageBill,
  unitsOf,
} from './bookings/take-back.ts';
export { readTakenClient, readTakenRooms, type TakenRoom } from './bookings/taken.ts';
export { whatIsTaken } from './bookings/what-is-taken.ts';
export { findStanding } from './bookings/why-not.ts';
