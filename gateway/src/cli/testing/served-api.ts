/** An API on a socket, and commands that are run against it. */

import { API_ALPN_PROTOCOLS, createApiServer } from '../../api/server.ts';
import { type ApiFixture, type ApiFixtureOptions, createApiFixture } from '../../api/testing/api-fixture.ts';
import { certificateFromLocalCa } from '../../listener/local-ca.ts';
import { openServerTls } from '../../listener/server-tls.ts';
import { runCli } from '../cli.ts';

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A served API. */
export interface ServedApi {
  readonly fixture: ApiFixture;
  /** Where it is, for `--api` and `--ca`. */
  readonly options: { readonly api: string; readonly ca: string };
  /** Runs a command line with this token. */
  run(token: string, ...argv: readonly string[]): Promise<CommandResult>;
  close(): Promise<void>;
}

const CLOCK = { nowMs: (): number => Date.now() };

/** Serves an API of its own; `how` as {@link createApiFixture} takes it. */
export async function serveApi(how: ApiFixtureOptions = {}): Promise<ServedApi> {
  const fixture = await createApiFixture(how);
  const source = certificateFromLocalCa({ directory: `${fixture.folder}/tls`, names: [], clock: CLOCK });
  const tls = await openServerTls({ source, clock: CLOCK, alpnProtocols: API_ALPN_PROTOCOLS });
  const server = createApiServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    clock: CLOCK,
    maxHeaderBytes: 16_384,
    fetch: fixture.fetch,
  });
  const { port } = await server.bind();
  const options = { api: `https://127.0.0.1:${port}`, ca: (await source.load()).caFile ?? '' };
  return {
    fixture,
    options,
    async run(token, ...argv) {
      const texts = { out: '', err: '' };
      const code = await runCli([...argv, '--api', options.api, '--ca', options.ca, '--token', token], {
        stdout: { write: (text) => (texts.out += text) },
        stderr: { write: (text) => (texts.err += text) },
      });
      return { code, ...texts };
    },
    async close() {
      fixture.streams.close();
      await server.close();
    },
  };
}
