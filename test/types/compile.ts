import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/**
 * What the compiler says of small sources, by what they are called: nothing where one compiles. In them `#root` is the project. They lie
 * outside of it, so that none spoils the project's own check.
 */
export function compileErrors(sources: Record<string, string>): Record<string, string> {
  const names = Object.keys(sources);
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [n, name] of names.entries()) {
      const source = (sources[name] ?? '').replaceAll('#root', root);
      writeFileSync(join(folder, `case-${n}.ts`), `${source}\nexport {};\n`);
    }
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: [join(root, 'node_modules/@types')],
        noUnusedLocals: false,
        noUncheckedSideEffectImports: false,
      },
      include: [join(folder, '*.ts')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 10_000_000,
    });
    const said = stdout.split(/^(?=\S)/m);
    const elsewhere = said.filter((part) => part.trim() && !/^case-\d+\.ts\(/.test(part));
    if (elsewhere.length > 0) throw new Error(`not of these sources: ${elsewhere.join('').slice(0, 2_000)}`);
    return Object.fromEntries(names.map((name, n) => [name, said.filter((part) => part.startsWith(`case-${n}.ts(`)).join('')]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
