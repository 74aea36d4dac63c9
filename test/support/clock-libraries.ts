import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's libraries that change what a process takes for the time: the path of each, undefined where it is not installed. */
const libraryOf = (...path: string[]) =>
  readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, ...path))
    .find((file) => existsSync(file));
export const faketime = () => libraryOf('faketime', 'libfaketimeMT.so.1');
export const datefudge = () => libraryOf('datefudge', 'datefudge.so');
