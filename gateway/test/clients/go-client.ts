import path from 'node:path';
import { type ClientProgram, install } from './client-program.ts';

const folder = path.join(import.meta.dirname, 'go');

/** A client in Go, built with the modules that go.sum pins. */
export function goClient(name: string): ClientProgram {
  return {
    name,
    protocol: 'postgres',
    async prepare(cacheFolder) {
      const binary = path.join(cacheFolder, 'go-client');
      const env = {
        GOPATH: path.join(cacheFolder, 'go'),
        GOCACHE: path.join(cacheFolder, 'go-build'),
        // So that the cache can be deleted like any folder.
        GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
      };
      await install('go', ['build', '-o', binary, '.'], { cwd: folder, env });
      return { program: binary, args: [] };
    },
  };
}
