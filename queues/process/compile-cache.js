import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

/*
 * Loaded before a process of the fleet (`node --import=.../compile-cache.js?folder=...`): what Node compiles, and the JavaScript it
 * makes of TypeScript, is kept in the folder. It is JavaScript itself, so that reading it takes no compiler.
 */
const folder = new URL(import.meta.url).searchParams.get('folder');
mkdirSync(folder, { recursive: true, mode: 0o700 });
enableCompileCache(folder);
