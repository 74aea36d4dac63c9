import { t } from '../../../kit/i18n.ts';
import { AskFailed } from '../../../kit/problem.ts';
import { troubleWords } from '../../shell/trouble.ts';

type Obstacle = { what: string };
const WHATS = ['trainer', 'room', 'closed', 'trainer_off', 'student', 'client', 'payment'] as const;
/** What a booking calls its specialist is the board's trainer. */
const called = ({ what }: Obstacle) => (what === 'specialist' ? 'trainer' : what);

/** What is in the way of a change, a sentence each. */
export const obstacleWords = (obstacles: readonly Obstacle[]): string => {
  const whats = WHATS.filter((what) => obstacles.some((obstacle) => called(obstacle) === what));
  return whats.map((what) => t(`board.obstacle.${what}`)).join(' ');
};

const isList = (value: unknown): value is Obstacle[] => Array.isArray(value) && value.length > 0;

/** Those of several trainings that are changed together. */
const obstaclesIn = (items: unknown): Obstacle[] =>
  Array.isArray(items) ? items.flatMap(({ obstacles }: { obstacles?: Obstacle[] }) => obstacles ?? []) : [];

/** Why a training or booking was not changed, in the language of the page; that nothing was is said as well. */
export function refusalWords(error: unknown): string {
  if (!(error instanceof AskFailed) || error.status !== 409) return troubleWords(error);
  const { training, version, obstacles, busy, conflicts, slots, items } = error.problem;
  if (training || version !== undefined) return t('board.changed_meanwhile');
  const found = isList(obstacles) ? obstacles : isList(conflicts) ? conflicts : obstaclesIn(items);
  const words = [obstacleWords(found), isList(busy) ? t('board.obstacle.student') : ''].filter(Boolean).join(' ');
  if (words) return `${words} ${t('board.nothing_moved')}`;
  return slots === undefined ? troubleWords(error) : `${t('board.slot_taken')} ${t('board.nothing_moved')}`;
}
