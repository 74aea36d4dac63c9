export { askConfirmation, type Confirmation, lockConfirmation, useConfirmation } from './bot/confirmations.ts';
export { type DayOfRuns, runsByDay } from './bot/days.ts';
export { lockLink, makeLink, noteProfile, revokeLink, takeLink, usernameOf } from './bot/links.ts';
export { adminTelegramIds, isPerson, personOf, type TelegramPerson } from './bot/people.ts';
export { lastRuns, latestAttempt, latestRuns, lockRun, messagesWaiting } from './bot/runs.ts';
export {
  beginTry,
  decideUpdate,
  forgetUpdates,
  givenAnswers,
  lockUpdate,
  openUpdates,
  postponeUpdate,
  storeUpdates,
  tellStranger,
} from './bot/updates.ts';
export { endedWatches, tellChats, watchRun } from './bot/watches.ts';
