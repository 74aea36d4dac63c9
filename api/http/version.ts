import { unacceptable } from './problems.ts';

/** The version of a thing that its changer saw, as the body says or the header If-Match; undefined: neither does. Throws a 422 where they differ. */
export function seenVersion(given: number | undefined, ifMatch: string | undefined): number | undefined {
  const [, digits] = /^(?:W\/)?"?(\d{1,9})"?$/.exec(ifMatch ?? '') ?? [];
  if (ifMatch !== undefined && digits === undefined)
    throw unacceptable('If-Match', 'the version you saw, such as "3"', 'headers');
  const version = given ?? (digits === undefined ? undefined : Number(digits));
  if (digits !== undefined && Number(digits) !== version)
    throw unacceptable('If-Match', `${version}, as version says`, 'headers');
  return version;
}

/** The same where it has to be said. Throws a 422 where it is not. */
export function versionOf(given: number | undefined, ifMatch: string | undefined): number {
  const version = seenVersion(given, ifMatch);
  if (version === undefined) throw unacceptable('version', 'the version you saw, here or in the header If-Match');
  return version;
}
