export {
  forgetSlotChanges,
  isAnySlotChanged,
  noteSlotDays,
  passOnLocationChanges,
  readSlotChanges,
  type SlotChange,
} from './slots/changes.ts';
export { readSlotInputs, type SlotInput, type SlotQuestion } from './slots/inputs.ts';
export { type Ears, listenToSlots, notifySlots } from './slots/live.ts';
export { isSpecialist, listSpecialistIds, readSlotOffer, type SlotOffer } from './slots/offer.ts';
export { type DayToStore, forgetStoredDays, readStoredDays, storeDays } from './slots/stored.ts';
