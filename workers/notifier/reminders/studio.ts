import type { Sql } from '../../../sql/database/database.ts';
import type { ParamsOf } from '../../../sql/notifications/catalog.ts';
import { notifyStudio, takeNews } from '../../../sql/notifications/studio-news.ts';

/**
 * Tells the studio what is new of its clients: last sessions and ended subscriptions in one message, who could not be reached in
 * another one, once a person. Returns how many messages.
 */
export async function tellStudio(transaction: Sql, adminChatIds: readonly number[]): Promise<number> {
  const news = await takeNews(transaction);
  const of = <P>(kind: (typeof news)[number]['kind']) =>
    news.filter((item) => item.kind === kind).map(({ params }) => params as P);
  const last_sessions = of<ParamsOf<'studio_subscriptions'>['last_sessions'][number]>('last_session');
  const ended = of<ParamsOf<'studio_subscriptions'>['ended'][number]>('subscription_ended');
  const unreached = new Map(news.filter(({ kind }) => kind === 'unreached').map((item) => [item.user_id, item]));
  const people = [...unreached.values()].map(({ params }) => params as ParamsOf<'studio_unreached'>['people'][number]);
  const isUrgent = news.some(({ kind, is_urgent }) => kind === 'unreached' && is_urgent);
  const key = news[0]?.id;
  const notices = [
    ...(last_sessions.length + ended.length > 0
      ? [{ template: 'studio_subscriptions' as const, dedupe: `studio_subscriptions:${key}`, params: { last_sessions, ended } }]
      : []),
    ...(people.length > 0
      ? [
          {
            template: 'studio_unreached' as const,
            dedupe: `studio_unreached:${key}`,
            params: { people },
            priority: isUrgent ? ('urgent' as const) : ('normal' as const),
          },
        ]
      : []),
  ];
  await notifyStudio(transaction, adminChatIds, notices);
  return notices.length;
}
