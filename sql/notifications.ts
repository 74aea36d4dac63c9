export {
  type ClaimedMessage,
  claimForLog,
  claimMessages,
  type OutboxMessage,
  outboxRow,
  type Pace,
  untilNextClaim,
} from './notifications/claim.ts';
export {
  dropMessage,
  endLogged,
  endTurn,
  markMessage,
  markPart,
  postponeFlooded,
  postponeMessage,
  releaseMessage,
  type Turn,
  takeTurn,
} from './notifications/mark.ts';
export {
  setPersonKinds,
  setQuietHours,
  setStudioKinds,
  studioKinds,
  type Wishes,
  wishesOf,
} from './notifications/preferences.ts';
export {
  type AdminNotice,
  anyMessageDue,
  blockChat,
  type Notice,
  noticesToPeople,
  PRIORITY,
  type Priority,
  priorityOf,
  tellAdmins,
  tellPeople,
  writesAgain,
} from './notifications/tell.ts';
