import { expect, test } from '@jest/globals';
import { settingsFor } from '../../queues/process/app-settings.ts';
import { demandBucketKey } from '../../queues/process/backup-bucket.ts';
import { parseSettings } from '../../queues/process/settings.ts';

const URL = { BACKUP_COPY_URL: 's3://studio/copies/of-backups' };
const KEY = { BACKUP_COPY_KEY_ID: 'STORE_KEY_ID', BACKUP_COPY_SECRET: 'store/secret+=' };
const place = { bucket: 'studio', folder: 'copies/of-backups', endpoint: undefined, region: 'us-east-1' };

test.each([
  [URL, { ...place, key: undefined }],
  [
    { ...URL, ...KEY },
    { ...place, key: { id: 'STORE_KEY_ID', secret: 'store/secret+=' } },
  ],
  [{ BACKUP_COPY_URL: 's3://studio.backups' }, { bucket: 'studio.backups', folder: '' }],
  [{ BACKUP_COPY_URL: 's3://studio/' }, { bucket: 'studio', folder: '' }],
  [{ BACKUP_COPY_URL: 's3://studio/a/' }, { bucket: 'studio', folder: 'a' }],
  [{ ...URL, BACKUP_COPY_ENDPOINT: 'https://s3.example/' }, { endpoint: 'https://s3.example' }],
  [{ ...URL, BACKUP_COPY_ENDPOINT: 'http://127.0.0.1:9000' }, { endpoint: 'http://127.0.0.1:9000' }],
  [{ ...URL, BACKUP_COPY_REGION: 'ru-central1' }, { region: 'ru-central1' }],
] as [Record<string, string>, object][])('%j is understood', (given, expected) => {
  expect(parseSettings(given).backupBucket).toMatchObject(expected);
});

test('without one there is none', () => expect(parseSettings({}).backupBucket).toBeUndefined());

test.each([
  [{ BACKUP_COPY_URL: 'https://studio.s3.example' }, /^BACKUP_COPY_URL: got \(not shown\); accepted: s3:\/\/BUCKET or/],
  [{ BACKUP_COPY_URL: 's3://id:secret@studio/x' }, /^BACKUP_COPY_URL: got \(not shown\)/],
  [{ BACKUP_COPY_URL: 's3://studio/../theirs' }, /^BACKUP_COPY_URL: got \(not shown\)/],
  [{ BACKUP_COPY_URL: 's3://s' }, /^BACKUP_COPY_URL: got \(not shown\)/],
  [{ ...URL, BACKUP_COPY_ENDPOINT: 'http://s3.example' }, /^BACKUP_COPY_ENDPOINT: .*https:\/\/HOST and nothing more/],
  [{ ...URL, BACKUP_COPY_ENDPOINT: 'https://s3.example/studio' }, /^BACKUP_COPY_ENDPOINT: /],
  [{ ...URL, BACKUP_COPY_ENDPOINT: 'https://a:b@s3.example' }, /^BACKUP_COPY_ENDPOINT: /],
  [{ ...URL, BACKUP_COPY_REGION: 'here and there' }, /^BACKUP_COPY_REGION: got "here and there"; accepted: the region/],
  [{ ...URL, ...KEY, BACKUP_COPY_SECRET: '' }, /^BACKUP_COPY_SECRET: got \(not shown\); accepted: the secret of that key$/],
  [{ ...URL, BACKUP_COPY_KEY_ID: 'x' }, /^BACKUP_COPY_SECRET: not given; accepted: both or none/],
  [KEY, /^BACKUP_COPY_URL: not given; accepted: .*, since BACKUP_COPY_KEY_ID is given$/],
  [{ BACKUP_COPY_ENDPOINT: 'https://s3.example' }, /^BACKUP_COPY_URL: not given; .* since BACKUP_COPY_ENDPOINT is given$/],
  [{ ...URL, BACKUP_COPY_DIR: '/mnt/x' }, /^BACKUP_COPY_DIR: given; accepted: none, since BACKUP_COPY_URL is given$/],
] as [Record<string, string>, RegExp][])('%j is refused in one line that shows no secret', (given, words) => {
  expect(() => parseSettings(given)).toThrow(words);
});

test('the scheduler knows that there is one, and has no key; whoever copies must have it', () => {
  const given = { ...URL, ...KEY, BACKUP_COPY_ENDPOINT: 'https://s3.example' };
  expect(Object.keys(settingsFor('scheduler', given))).toEqual(['BACKUP_COPY_URL']);
  expect(settingsFor('cleanup', given)).toEqual(given);
  expect(settingsFor('api', given)).toEqual({});
  expect(() => demandBucketKey(parseSettings(settingsFor('scheduler', given)))).toThrow(/^BACKUP_COPY_KEY_ID: not given/);
  expect(demandBucketKey(parseSettings(given))).toEqual({ id: 'STORE_KEY_ID', secret: 'store/secret+=' });
  expect(demandBucketKey(parseSettings({}))).toBeUndefined();
});
