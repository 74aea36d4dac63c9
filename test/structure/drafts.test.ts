import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';

/** Pages with fields of which no draft is kept, and where what is typed stays instead. */
const ELSEWHERE: Record<string, string> = {
  CommandPalette: 'what is looked for',
  CheckIn: 'a code of two minutes',
  SecondFactorPage: 'a code of half a minute',
  ClientsPage: 'filters are in the address',
  ExamDayPage: 'filters are in the address',
  ExportLinks: 'filters are in the address',
  PaymentList: 'filters are in the address',
  ReportPage: 'filters are in the address',
  SalesPage: 'filters are in the address',
  MessagesView: 'filters are in the address',
  RunsView: 'filters are in the address',
  WeeklyView: 'filters are in the address',
  ImportPreview: 'the import that is shown keeps it',
  ImportsPage: 'a file',
  NewPassword: 'passwords',
  SignInPage: 'nobody is known yet',
  ForgotPage: 'nobody is known yet',
  JoinPage: 'nobody is known yet',
  MachinesPage: 'a choice of what is shown',
  RestockPage: 'a choice of what is shown',
  StockPage: 'a choice of what is shown',
};
/** Fields beside a draft, and why it does not have them. */
const BESIDE: Record<string, string> = {
  'ConnectPage: login': 'of a cabinet elsewhere, as its password',
  'StandingDialog: chosen': 'is the draft’s, or what stands',
  'MergeDialog: other': 'is the draft’s, and starts it anew',
};

const FIELDS = ['v-text-field', 'v-textarea', 'v-select', 'v-autocomplete', 'v-checkbox', 'v-radio-group', 'v-switch', 'input'];
const read = (file: string) => readFileSync(file, 'utf8');
const nameOf = (file: string) => basename(file, '.vue');
const scriptOf = (source: string) => source.split('</script>')[0] ?? '';
const hasOneOf = (source: string, tags: readonly string[]) =>
  new RegExp(`<(?:${tags.join('|')})[\\s/>]`).test(source.split('</script>').slice(1).join(''));

/** Fields that are parts of a form: what is typed into them is the form's. */
const isPart = (source: string) => /\bdefineModel\b/.test(scriptOf(source));
/** Names of components with fields, also by parts of theirs. */
function withFields(sources: ReadonlyMap<string, string>): string[] {
  const parts = [...sources].filter(([, source]) => isPart(source) && hasOneOf(source, FIELDS)).map(([name]) => name);
  return [...sources].filter(([, source]) => !isPart(source) && hasOneOf(source, [...FIELDS, ...parts])).map(([name]) => name);
}
const keeps = (source: string) => /\bkeepDraft\(/.test(scriptOf(source));
const forgets = (source: string) => [...scriptOf(source).matchAll(/\bforget\w*\(\)/g)].length > 0;

/** Fields that are bound to something of their own, where a draft is bound by its parts: `draft.reason`. */
const looseIn = (source: string) =>
  [...source.matchAll(new RegExp(`<(?:${[...FIELDS, 'PersonPicker'].join('|')})\\b[^>]*?\\bv-model="(\\w+)"`, 'g'))].map(
    ([, what]) => String(what),
  );

const files = globSync('api/web/console/**/*.vue');
const sources = new Map(files.map((file) => [nameOf(file), read(file)]));
const sourceOf = (name: string) => sources.get(name) ?? '';

test('a form of the console keeps what is typed as a draft, or says why not', () => {
  const found = withFields(sources);
  expect(found.length).toBeGreaterThan(60);
  const lost = found.filter((name) => !keeps(sourceOf(name)) && !Object.hasOwn(ELSEWHERE, name));
  expect(lost).toEqual([]);
  expect(Object.keys(ELSEWHERE).filter((name) => !found.includes(name) || keeps(sourceOf(name)))).toEqual([]);
});

test('a form forgets what was sent', () => {
  const kept = [...sources.keys()].filter((name) => keeps(sourceOf(name)));
  expect(kept.filter((name) => !forgets(sourceOf(name)))).toEqual([]);
});

test('the console keeps in the browser only the look beside what it keeps by person', () => {
  const all = globSync(['api/web/console/**/*.ts', 'api/web/console/**/*.vue']);
  expect(all.filter((file) => read(file).includes('localStorage'))).toEqual(['api/web/console/shell/vuetify.ts']);
});

test('no field is bound to something that no draft has', () => {
  const bound = [...sources]
    .filter(([, source]) => keeps(source))
    .flatMap(([name, source]) => looseIn(source).map((what) => `${name}: ${what}`));
  expect(bound.sort()).toEqual(Object.keys(BESIDE).sort());
});

test('a form without a draft is found, also one whose fields are a part of it', () => {
  const form = (fields: string) => `<script setup>const text = ref('')</script><template><form>${fields}</form></template>`;
  const part = '<script setup>const text = defineModel()</script><template><v-text-field v-model="text" /></template>';
  const made = new Map([
    ['TextPart', part],
    ['ByPart', form('<TextPart v-model="text" />')],
    ['ByField', form('<v-textarea v-model="text" />')],
    ['WithNone', form('<p />')],
  ]);
  expect(withFields(made)).toEqual(['ByPart', 'ByField']);
  expect(withFields(made).filter((name) => keeps(made.get(name) ?? ''))).toEqual([]);
  expect(looseIn(form('<v-text-field v-model="draft.text" /><v-textarea :label v-model="text" />'))).toEqual(['text']);
});
