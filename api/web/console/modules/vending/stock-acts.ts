import { t } from '../../../kit/i18n.ts';
import type { Ingredient, Stock, StockPlace } from './use-vending.ts';

export const STOCK_ACTS = ['refill', 'move', 'count', 'levels'] as const;
export type StockAct = (typeof STOCK_ACTS)[number];

/** `Warehouse`, `Hall`, `Hall, stand`. */
export const placeName = ({ kind, terminal }: Pick<StockPlace, 'kind' | 'terminal'>): string => {
  if (kind === 'warehouse') return t('vending.warehouse');
  return kind === 'machine' ? (terminal ?? '') : t('vending.stand_of', { machine: terminal ?? '' });
};

/** Each ingredient of the place's owner with what is there of it; those that were never put there have no row. */
export const linesOf = (place: StockPlace, ingredients: readonly Ingredient[], stock: readonly Stock[]) =>
  ingredients
    .filter(({ owner_id }) => owner_id === place.owner_id)
    .map((ingredient) => ({
      ingredient,
      row: stock.find(({ place_id, ingredient_id }) => place_id === place.id && ingredient_id === ingredient.id),
    }));

/** Where something of a place can be moved to. */
export const movesFrom = (place: StockPlace, places: readonly StockPlace[]) =>
  places
    .filter(({ id, owner_id }) => owner_id === place.owner_id && id !== place.id)
    .map((other) => ({ value: other.id, title: placeName(other) }));
