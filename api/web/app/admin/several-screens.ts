export { default as JoinScreen } from './JoinScreen.vue';
export { default as SeveralScreen } from './SeveralScreen.vue';
export { default as TogetherScreen } from './TogetherScreen.vue';
