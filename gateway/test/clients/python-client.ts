import { hash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ClientProgram, install } from './client-program.ts';

const folder = path.join(import.meta.dirname, 'python');
const requirements = path.join(folder, 'requirements.txt');

/** A client in Python; all of them share one virtual environment with the pinned packages. */
export function pythonClient(
  name: string,
  script: string,
  protocol: ClientProgram['protocol'] = 'postgres',
): ClientProgram {
  return {
    name,
    protocol,
    async prepare(cacheFolder) {
      const environment = path.join(
        cacheFolder,
        `python-${hash('sha256', readFileSync(requirements)).slice(0, 12)}`,
      );
      const python = path.join(environment, 'bin', 'python');
      const done = path.join(environment, 'installed');
      if (!existsSync(done)) {
        await install('python3', ['-m', 'venv', '--clear', environment]);
        await install(python, [
          '-m',
          'pip',
          'install',
          '--quiet',
          '--disable-pip-version-check',
          '--no-cache-dir',
          '-r',
          requirements,
        ]);
        writeFileSync(done, '');
      }
      return { program: python, args: ['-B', path.join(folder, script)], cwd: folder };
    },
  };
}
