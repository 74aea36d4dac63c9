export { default as BookingScreen } from './BookingScreen.vue';
export { default as BookScreen } from './BookScreen.vue';
export { default as ClassesScreen } from './ClassesScreen.vue';
export { default as HomeScreen } from './HomeScreen.vue';
export { default as MoveScreen } from './MoveScreen.vue';
export { default as PlaceScreen } from './PlaceScreen.vue';
