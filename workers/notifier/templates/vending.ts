import { LANGUAGE_TAGS } from '../../../sql/database/locale.ts';
import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { text } from '../texts/texts.ts';
import { type ButtonRows, type Line, type Reader, template } from './template.ts';
import { amountIn, dayIn, instantIn, listed, short } from './wording.ts';

const NAME = 60;
type Unit = 'g' | 'ml' | 'pcs';

/** Thousandths of a unit as people read them: "1 250 г". */
export function quantityIn({ locale }: Pick<Reader, 'locale'>, unit: Unit, milli: number, sign = false): string {
  const tag = LANGUAGE_TAGS[locale];
  const number = new Intl.NumberFormat(tag, { maximumFractionDigits: 3, signDisplay: sign ? 'exceptZero' : 'auto' });
  return text(locale, `vending.unit.${unit}`, { quantity: number.format(milli / 1_000) });
}

type Task = Pick<ParamsOf<'vending_task'>, 'task_id' | 'terminal' | 'items'>;
const taskLines = ({ terminal, items }: Task, reader: Reader): Line[] => [
  { bold: text(reader.locale, 'vending_task.what', { terminal: short(terminal, NAME) }) },
  ...listed(
    reader.locale,
    items.map(({ ingredient, unit, quantity_milli, critical_milli, missing }) =>
      text(reader.locale, missing ? 'vending_task.missing' : 'vending_task.line', {
        ingredient: short(ingredient, NAME),
        quantity: quantityIn(reader, unit, quantity_milli),
        critical: quantityIn(reader, unit, critical_milli),
      }),
    ),
    'more.ingredients',
  ),
];

/** To refill a machine and to say that it is done. */
export const taskButtons = (locale: Reader['locale'], taskId: number): ButtonRows => [
  [
    { text: text(locale, 'bot.button.refill'), data: `refill:${taskId}` },
    { text: text(locale, 'bot.button.complete'), data: `complete:${taskId}` },
  ],
];

const vendingTask = template(
  'vending_task',
  (task, reader) => [...taskLines(task, reader), text(reader.locale, 'vending_task.meaning')],
  ({ task_id }, { locale }) => taskButtons(locale, task_id),
);

const unassigned = template('vending_task_unassigned', ({ owner, ...task }, reader) => [
  ...taskLines(task, reader),
  text(reader.locale, 'vending_task_unassigned.meaning', { owner: short(owner, NAME) }),
]);

const offline = template('vending_offline', ({ terminal, last_online_at }, reader) => [
  text(reader.locale, 'vending_offline.what', { terminal: short(terminal, NAME) }),
  ...(last_online_at ? [text(reader.locale, 'vending_offline.since', { when: instantIn(reader, last_online_at) })] : []),
  text(reader.locale, 'vending_offline.meaning'),
]);

const unpaid = template('vending_unpaid', (_, { locale }) => [
  text(locale, 'vending_unpaid.what'),
  text(locale, 'vending_unpaid.meaning'),
]);

const refused = template('vending_refused', ({ needs_code }, { locale }) => [
  text(locale, needs_code ? 'vending_refused.code' : 'vending_refused.what'),
  text(locale, 'vending_refused.meaning'),
]);

const needsRecipe = template('vending_needs_recipe', ({ items }, { locale }) => [
  text(locale, 'vending_needs_recipe.what', { count: items.length }),
  ...listed(
    locale,
    items.map(({ terminal, machine_item_id }) =>
      text(locale, 'vending_needs_recipe.line', { terminal: short(terminal, NAME), item: machine_item_id }),
    ),
    'more.items',
  ),
  text(locale, 'vending_needs_recipe.meaning'),
]);

type Place = ParamsOf<'vending_digest'>['places'][number];
export const placeIn = ({ locale }: Pick<Reader, 'locale'>, { kind, terminal }: Pick<Place, 'kind' | 'terminal'>) =>
  text(locale, `vending.place.${kind}`, { terminal: short(terminal ?? '', NAME) });

const digest = template('vending_digest', ({ places }, reader) => [
  text(reader.locale, 'vending_digest.what'),
  ...places.flatMap((place): Line[] => [
    { bold: placeIn(reader, place) },
    ...place.lines.map(({ ingredient, unit, net_milli }) =>
      text(reader.locale, 'vending_digest.line', {
        ingredient: short(ingredient, NAME),
        quantity: quantityIn(reader, unit, net_milli, true),
      }),
    ),
  ]),
]);

const summary = template('vending_summary', ({ date, terminals }, reader) => {
  const total = terminals.reduce((sum, { revenue_minor }) => sum + revenue_minor, 0);
  const sales = terminals.reduce((sum, terminal) => sum + terminal.sales, 0);
  return [
    {
      bold: text(reader.locale, 'vending_summary.what', {
        day: dayIn(reader.locale, date),
        count: sales,
        amount: amountIn(reader, total),
      }),
    },
    ...listed(
      reader.locale,
      terminals.map(({ terminal, sales, revenue_minor }) =>
        text(reader.locale, 'vending_summary.line', {
          terminal: short(terminal, NAME),
          sales,
          amount: amountIn(reader, revenue_minor),
        }),
      ),
      'more.terminals',
    ),
  ];
});

const owner = (about: { owner_id: number; owner: string }) => ({ id: about.owner_id, owner: short(about.owner, NAME) });

/** What is amiss with an owner, for the admins. */
export const vendingAlertTemplates = {
  cannot_decrypt: template('cannot_decrypt', (about, { locale }) => [
    text(locale, 'cannot_decrypt.what', owner(about)),
    text(locale, 'cannot_decrypt.meaning'),
  ]),
  vending_credentials: template('vending_credentials', (about, { locale }) => [
    text(locale, about.needs_code ? 'vending_credentials.code' : 'vending_credentials.what', owner(about)),
    text(locale, 'vending_credentials.meaning'),
  ]),
  vending_request_refused: template('vending_request_refused', ({ status, ...about }, { locale }) => [
    text(locale, 'vending_request_refused.what', { ...owner(about), status }),
    text(locale, 'vending_request_refused.meaning'),
  ]),
};

/** Messages to owners of vending machines and to those who refill them. */
export const vendingTemplates = {
  vending_task: vendingTask,
  vending_task_unassigned: unassigned,
  vending_offline: offline,
  vending_unpaid: unpaid,
  vending_refused: refused,
  vending_needs_recipe: needsRecipe,
  vending_digest: digest,
  vending_summary: summary,
};
