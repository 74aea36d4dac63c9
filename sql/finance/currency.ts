/** How many digits of a currency are minor units: 2 of RUB, none of JPY, 3 of KWD. */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** Minor units as the currency's own units, as JPY 5000 is 5000 and RUB 5000 is 50. */
export const inUnits = (minor: number, currency: string): number => minor / 10 ** minorDigits(currency);

/** An amount of the currency's own units in minor units, half up. */
export const toMinor = (units: number, currency: string): number => Math.round(units * 10 ** minorDigits(currency));
