export { countWaiting, type Expired, expireSubscriptions, studentsToExpire } from './cleanup/expiry.ts';
export { deleteOldRuns } from './cleanup/history.ts';
export { closeOverlookedTasks, nextOverlookedDay, noteOverlooked } from './cleanup/overlooked.ts';
export {
  type Deleted,
  deleteOldAnswers,
  deleteOldMessages,
  deleteOldRequests,
  deleteOldTicks,
  type Old,
} from './cleanup/retention.ts';
