import type { Settings } from '../../../queues/process/settings.ts';
import { staffAddresses } from '../../../sql/alerts/letters.ts';
import type { Sql } from '../../../sql/database/database.ts';

/** Which settings alarms need. */
export type AlarmSettings = Pick<
  Settings,
  | 'locale'
  | 'zone'
  | 'currency'
  | 'telegramToken'
  | 'telegramApiRoot'
  | 'adminChatIds'
  | 'mail'
  | 'sms'
  | 'alertEmails'
  | 'alertPhones'
  | 'dataDir'
>;
export type Addresses = { emails: string[]; phones: string[] };

/** Where alarms go: where the settings say, or else to owners and admins. What is not set up leads to nobody. */
export async function addressesOf(db: Sql, settings: AlarmSettings): Promise<Addresses> {
  const staff = await staffAddresses(db);
  return reachable({ emails: settings.alertEmails ?? staff.emails, phones: settings.alertPhones ?? staff.phones }, settings);
}

/** Of some addresses those a channel leads to. */
export const reachable = ({ emails, phones }: Addresses, { mail, sms }: Pick<Settings, 'mail' | 'sms'>): Addresses => ({
  emails: mail ? emails : [],
  phones: sms ? phones : [],
});
