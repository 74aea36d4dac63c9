import { z } from 'zod';

const URL_OF_BUCKET = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(?<folder>[\w.-]+(?:\/[\w.-]+)*)?)?\/*$/;
const STEPS_OUT = /\/\.{1,2}(\/|$)/;

/** `s3://BUCKET/FOLDER` in its parts; the folder is empty where there is none. */
export const bucketUrlSetting = z
  .string()
  .refine((text) => URL_OF_BUCKET.test(text) && !STEPS_OUT.test(text), {
    error: 's3://BUCKET or s3://BUCKET/FOLDER, and no key in it',
  })
  .transform((text) => {
    const { bucket = '', folder = '' } = URL_OF_BUCKET.exec(text)?.groups ?? {};
    return { bucket, folder };
  });
export const bucketRegionSetting = z
  .string()
  .regex(/^[\w-]{1,64}$/, { error: 'the region of the bucket, such as us-east-1' })
  .default('us-east-1');
export const bucketKeyIdSetting = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, { error: 'the id of a key that may list, read, write and delete' });
export const bucketSecretSetting = z.string().regex(/^[\x21-\x7e]{8,256}$/, { error: 'the secret of that key' });
