import type { AnswerTo } from '../../../kit/client.ts';
import { day } from '../../../kit/formats.ts';
import { t } from '../../../kit/i18n.ts';

export type BeltStep = AnswerTo<'GET /api/belts/ready'>['items'][number];
export type Deferral = AnswerTo<'GET /api/students/{id}/belts'>['deferrals'][number];
export type Exam = AnswerTo<'GET /api/exams'>['items'][number];

/** `Blue, 2 stripes`. */
export const beltOf = (belt: string, stripes: number) => (stripes > 0 ? t('belts.with_stripes', { belt, count: stripes }) : belt);

/** What a step leads to; a kids' belt of a grown-up becomes one of several. */
export const leadsTo = (step: BeltStep) =>
  step.kind === 'transition'
    ? t('belts.becomes', { belts: step.may_become.map(({ name }) => name).join(' / ') })
    : beltOf(step.to_belt ?? step.belt, step.to_stripes);

/** What is missing for a step, in words, each with its figures. */
export const lackOf = (step: BeltStep): string[] =>
  step.missing.map((lack) => {
    if (lack === 'months') return t('belts.lack.months', { when: `${day(step.ready_on)} ${step.ready_on.slice(0, 4)}` });
    if (lack === 'trainings') return t('belts.lack.trainings', { count: step.trainings - step.attended });
    if (lack === 'age') return t('belts.lack.age', { age: step.min_age ?? 0 });
    if (lack === 'deferred') return t('belts.lack.deferred', { when: day(step.deferred_until ?? '') });
    return t(`belts.lack.${lack}`);
  });

/** What was asked for and is there, in words. */
export const doneOf = (step: BeltStep): string[] => [
  ...(step.trainings > 0 ? [t('belts.attended', { attended: step.attended, trainings: step.trainings })] : []),
  t('belts.since', { when: `${day(step.awarded_on)} ${step.awarded_on.slice(0, 4)}` }),
];
