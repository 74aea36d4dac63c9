import { computed, shallowRef } from 'vue';
import { me } from '../session.ts';

const chosen = shallowRef<number | null>(null);

/** Whose visits are looked at: one's own, or those of a child one looks after. */
export const of = computed(() => {
  const { user, children } = me.value as NonNullable<typeof me.value>;
  const child = children.find(({ id }) => id === chosen.value);
  return child ? { id: child.id, name: child.first_name, isSelf: false } : { id: user.id, name: user.first_name, isSelf: true };
});
export const relatives = computed(() => {
  const { user, children } = me.value as NonNullable<typeof me.value>;
  return [user, ...children];
});
export const lookAfter = (id: number) => {
  chosen.value = id;
};
