export { default as RecordsScreen } from './RecordsScreen.vue';
export { default as RunsScreen } from './RunsScreen.vue';
export { default as TasksScreen } from './TasksScreen.vue';
