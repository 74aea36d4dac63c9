import { TAKEN } from '../../sql/finance/seats.ts';
import type { ExplainedCharge } from '../../sql/why/charges.ts';

/** The rules an explanation can name: numbers of workers/RULES.md, or a word where no rule has a number. */
export const whyRules = [
  'D11',
  'D12',
  'D13',
  'D14',
  'D15',
  'D17',
  'D18',
  'D21',
  'D23',
  'D24',
  'D27',
  'D47',
  'D50',
  'R19',
  'R37',
  'free',
  'excused',
  'booking',
  'fitting',
  'package',
  'unit_back',
  'unit_gone',
  'till',
  'places',
  'uncovered',
  'run_wrote',
  'run_looked',
  'later',
  'by_hand',
] as const;
export type WhyRule = (typeof whyRules)[number];

/** By which rules an invoice was written, and stands as it does now. */
export function rulesOfCharge({
  type,
  status,
  is_auto_renewal,
  is_fitting,
}: Pick<ExplainedCharge, 'type' | 'status' | 'is_auto_renewal' | 'is_fitting'>): WhyRule[] {
  const written: Record<string, WhyRule> = {
    TRAINING: 'D14',
    LATE_CANCELLATION_FEE: 'D17',
    SUBSCRIPTION: is_auto_renewal ? 'D24' : 'D23',
    BOOKING: 'booking',
    PACKAGE: 'package',
  };
  const why = written[type];
  return [...(why ? [why] : []), ...(is_fitting ? (['fitting'] as const) : []), status === 'CANCELLED' ? 'D18' : 'D15'];
}

const ofReason: Record<string, WhyRule> = {
  granted: 'D23',
  training: 'D13',
  booking: 'D50',
  returned: 'D47',
  carried_out: 'D24',
  carried_in: 'D24',
  expired: 'D27',
};
/** By which rule a session was entered. */
export const rulesOfSession = (reason: string): WhyRule[] => [ofReason[reason] ?? 'by_hand'];

const ofUnit: Record<string, WhyRule> = {
  granted: 'package',
  booking: 'package',
  returned: 'unit_back',
  cancelled: 'unit_gone',
  refunded: 'unit_gone',
};
/** By which rule a unit of a package was entered. */
export const rulesOfUnit = (reason: string): WhyRule[] => [ofUnit[reason] ?? 'by_hand'];

const ofEntry: Record<string, WhyRule> = {
  deposit: 'D21',
  payment: 'D15',
  refund: 'D18',
  adjustment: 'D21',
  payout: 'R19',
  merge: 'R37',
};
/** By which rule money moved in a wallet. */
export const rulesOfTransaction = (kind: string): WhyRule[] => [ofEntry[kind] ?? 'by_hand'];

type Seat = { status: string; charged_at: string | null; price_minor: number; is_excused: boolean };
/** Whether a place is one that the night before the training charges. */
export const isToBeCharged = (seat: Seat) => rulesOfUncharged(seat).includes('D12') && TAKEN.includes(seat.status);

/** Why a place in a training is charged with nothing now. */
export function rulesOfUncharged({ status, charged_at, price_minor, is_excused }: Seat): WhyRule[] {
  if (is_excused) return ['excused'];
  if (status === 'CANCELLED_SAFE') return ['D17', 'D18'];
  if (charged_at !== null || price_minor === 0) return ['free'];
  return ['D12'];
}
