export { countWaiting, type Expired, expireSubscriptions, studentsToExpire } from './cleanup/expiry.ts';
export { deleteOldRuns } from './cleanup/history.ts';
export { closeOverlookedTasks, nextOverlookedDay, noteOverlooked } from './cleanup/overlooked.ts';
export {
  type Deleted,
  deleteOldAlerts,
  deleteOldAnswers,
  deleteOldChanges,
  deleteOldConfirmations,
  deleteOldLinks,
  deleteOldMessages,
  deleteOldRequests,
  deleteOldTicks,
  deleteOldUpdates,
  type Old,
} from './cleanup/retention.ts';
