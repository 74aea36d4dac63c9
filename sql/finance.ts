export { type Charged, chargeRegistrations } from './finance/charge.ts';
export type { Due } from './finance/due.ts';
export { giveBack, type Returned } from './finance/give-back.ts';
export { cancelInvoice, invoiceRow, listInvoices, withdrawInvoice } from './finance/invoices.ts';
export { chargeChunk, type NightProgress, nightfall } from './finance/night.ts';
export {
  balanceOf,
  lockPayment,
  payerOf,
  payerOfAnyone,
  paymentRow,
  receivePayment,
  takeBackPayment,
  transactionRow,
  walletHistory,
  walletHolder,
} from './finance/payments.ts';
export {
  decideRequest,
  type FinanceRequest,
  findRequest,
  knownOf,
  lockOpenRequest,
  requestRow,
  requestsToRing,
  writeRequest,
} from './finance/requests.ts';
export {
  closeTraining,
  dueSeat,
  endAllSeats,
  endSeat,
  isBusy,
  lockStudents,
  lockTraining,
  seatHolders,
  seatStates,
  takeSeat,
} from './finance/seats.ts';
export { lockWallets, settle } from './finance/settle.ts';
