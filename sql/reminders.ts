export { comingBookings } from './reminders/bookings.ts';
export { takeChanges, takeChangesForAdmins } from './reminders/changes.ts';
export { missedClasses, overdueInvoices } from './reminders/holdings.ts';
export { comingExams, comingStarts, newSeats, seatsOfTrainings } from './reminders/trainings.ts';
