import type { CallbackQuery } from 'node-telegram-bot-api';
import type { Whose } from '../../sql/auth/whose.ts';
import { balanceOf } from '../../sql/finance/payments.ts';
import { type Held, listHeld } from '../../sql/subscriptions/held.ts';
import type { Words } from '../../workers/notifier/templates/bot-answers.ts';
import { spoken } from '../../workers/notifier/templates/run-words.ts';
import { amountIn, dayIn, short } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { BotAsking } from './admission.ts';
import { appButton } from './app-button.ts';
import type { Turn } from './decision.ts';
import { type Own, relativesOf, sayOwn, showOwn, todayOf } from './own.ts';

const MOST_SHOWN = 20;
const NAME = 60;

/** One's own wallet, and the subscriptions of oneself and one's children, are asked for by who asks. */
const ofAsker =
  (operation: string) =>
  ({ asker }: Turn): BotAsking => ({ operation, params: { id: asker.person?.id ?? 0 } });
export const ofWallet = ofAsker('GET /api/people/{id}/wallet');
export const ofSubscriptions = ofAsker('GET /api/students/{id}/subscriptions');

/** `/balance` */
export const showBalance = (turn: Turn, _args: string, whose: Whose) => sayOwn(turn, whose, (own) => balanceWords(turn, own));
export const pressBalance = (turn: Turn, query: CallbackQuery, _argument: string, whose: Whose) =>
  showOwn(turn, query, whose, (own) => balanceWords(turn, own));

async function balanceWords(turn: Turn, own: Own): Promise<Words> {
  const { locale } = turn.asker;
  const balance = amountIn({ locale, currency: turn.settings.currency }, await balanceOf(turn.db, own.self));
  const { buttons } = overview(turn);
  return { text: text(locale, 'bot.balance.is', { balance }), buttons };
}

/** `/subscriptions`: of oneself and of one's children, with the sessions left. */
export const showSubscriptions = (turn: Turn, _args: string, whose: Whose) =>
  sayOwn(turn, whose, (own) => subscriptionsWords(turn, own));
export const pressSubscriptions = (turn: Turn, query: CallbackQuery, _argument: string, whose: Whose) =>
  showOwn(turn, query, whose, (own) => subscriptionsWords(turn, own));

async function subscriptionsWords(turn: Turn, own: Own): Promise<Words> {
  const { locale } = turn.asker;
  const nameOf = await relativesOf(turn, own);
  const paragraphs: [string, string[]][] = [];
  for (const studentId of own.students) {
    const held = await listHeld(turn.db, { studentId, today: todayOf(turn), limit: MOST_SHOWN });
    const lines = held.filter(({ status }) => status === 'active' || status === 'frozen').map((one) => lineOf(turn, one));
    if (lines.length > 0) paragraphs.push([nameOf(studentId) ?? text(locale, 'bot.subscriptions.title'), lines]);
  }
  const { buttons } = overview(turn);
  if (paragraphs.length === 0) return { text: text(locale, 'bot.subscriptions.none'), buttons };
  return { ...spoken(paragraphs), buttons };
}

function lineOf({ asker: { locale } }: Turn, one: Held): string {
  const left =
    one.sessions_left === null
      ? text(locale, 'bot.subscriptions.unlimited')
      : text(locale, 'bot.subscriptions.sessions', { count: one.sessions_left });
  const frozen =
    one.status === 'frozen' && one.freeze_end_date
      ? [text(locale, 'bot.subscriptions.frozen', { day: dayIn(locale, one.freeze_end_date) })]
      : [];
  const until = text(locale, 'bot.subscriptions.until', { day: dayIn(locale, one.end_date) });
  return [short(one.subscription, NAME), left, until, ...frozen].join(' · ');
}

/** The buttons of whoever looks after what is theirs. */
export function overview(turn: Turn) {
  const { locale, person } = turn.asker;
  const button = (name: 'next' | 'balance' | 'subscriptions' | 'today') => ({
    text: text(locale, `bot.button.${name}`),
    data: `${name}:`,
  });
  const day = person?.roles.includes('trainer') ? [[button('today')]] : [];
  return { buttons: [...day, [button('next')], [button('balance'), button('subscriptions')], ...appButton(turn)] };
}
