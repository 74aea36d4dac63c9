import { smtpServer } from '../sign-in/smtp-server.ts';
import { openGate } from '../support/gate.ts';
import { fakeTelegram } from '../support/telegram.ts';

/** How long the Bot API takes for an answer. */
const TELEGRAM_MS = 30;
const NOTIFIERS = ['notifier', 'notifier-2'];

/**
 * A Bot API that enforces Telegram's limits and a mail server, to each of which every notifier has a way of its own, as from a host of
 * its own.
 * @param options.pace so many times faster than Telegram's are its limits
 */
export async function outsideServices({ pace }: { pace: number }) {
  const telegram = await fakeTelegram(undefined, { limits: { speed: pace }, latency: TELEGRAM_MS });
  const mail = await smtpServer();
  const waysTo = (url: string) => Promise.all(NOTIFIERS.map(async (sender) => ({ sender, gate: await openGate(url) })));
  const ways = { telegram: await waysTo(telegram.apiRoot), mail: await waysTo(mail.url) };
  return {
    telegram,
    mail,
    ways,
    /** Where an app finds them. */
    environmentOf(app: string) {
      const [way, letters] = [ways.telegram, ways.mail].map((of) => of.find(({ sender }) => sender === app)?.gate.url);
      return way && letters ? { TELEGRAM_API_ROOT: `${way}via/${app}`, SMTP_URL: letters } : {};
    },
    async close() {
      mail.close();
      await Promise.all([...ways.telegram, ...ways.mail].map(({ gate }) => gate.shut()));
      await telegram.close();
    },
  };
}
