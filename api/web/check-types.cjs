// vue-tsc does not run on TypeScript 7, which checks everything else: it gets a TypeScript 6 of its own.
require('vue-tsc').run(require.resolve('typescript6/lib/tsc.js'));
