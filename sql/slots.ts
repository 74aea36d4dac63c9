export {
  forgetSlotChanges,
  isAnySlotChanged,
  noteSlotDays,
  passOnLocationChanges,
  readSlotChanges,
  type SlotChange,
} from './slots/changes.ts';
export { readSlotInputs, type SlotInput } from './slots/inputs.ts';
export { type Ears, listenToSlots, notifySlots } from './slots/live.ts';
export { isSpecialist, listSpecialistIds, readSlotOffer, type SlotOffer } from './slots/offer.ts';
export { forgetStoredDays, readStoredDays, type StoredDay, storeDays } from './slots/stored.ts';
