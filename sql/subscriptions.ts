export { buySubscription, type CatalogueItem, findInCatalogue } from './subscriptions/buy.ts';
export { cancelSubscription, lockPaid } from './subscriptions/cancel.ts';
export { endFreeze, freezeSubscription, type Released } from './subscriptions/freeze.ts';
export { findHeld, type Held, heldRow, listHeld, setAutoRenew, studentOf } from './subscriptions/held.ts';
export { type Holder, holderNotices } from './subscriptions/holders.ts';
export { tellLastSessions } from './subscriptions/last-session.ts';
