/** HTTP/1.1 and HTTP/2: a reverse proxy. See README.md for what is supported and what is refused. */

import { connectFacts } from '../../session/connect.ts';
import type { Protocol } from '../protocol.ts';
import { type HttpConfig, httpResourceSchema } from './config.ts';
import { credentialForm } from './downstream/credential-form.ts';
import { httpFamily } from './facts/facts-family.ts';
import { tunnelFamily } from './facts/tunnel.ts';
import { type HttpListenerConfig, httpListenerSchema } from './listener-config.ts';
import { HarArchive } from './playback/har/har-archive.ts';
import { HttpPlayback } from './playback/http-playback.ts';
import { HttpServer } from './server.ts';
import { httpDoctor } from './upstream/doctor.ts';

/** The HTTP protocol. */
export const http: Protocol<HttpConfig, HttpListenerConfig> = {
  name: 'http',
  resourceSchema: httpResourceSchema,
  listenerSchema: httpListenerSchema,
  alpnProtocols: ['h2', 'http/1.1'],
  fulfils: { masks: true, rows: false, bytesAndTime: true },
  families: [httpFamily, tunnelFamily],
  presets: [],
  connectTargets({ resource, config: { account } }, database) {
    if (database !== undefined) return [];
    return [{ account, database: '', facts: connectFacts(resource.name, account) }];
  },
  doctor: httpDoctor,
  credentials: credentialForm,
  createPlayback: (limits) => new HttpPlayback(limits),
  createArchive: (session) => new HarArchive(session),
  createServer: (services, listener) => new HttpServer(services, listener),
};
