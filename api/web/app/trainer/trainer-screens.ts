export { default as BlockScreen } from './BlockScreen.vue';
export { default as DayScreen } from './DayScreen.vue';
export { default as RosterScreen } from './RosterScreen.vue';
export { default as VisitScreen } from './VisitScreen.vue';
