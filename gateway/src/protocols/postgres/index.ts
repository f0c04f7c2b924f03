/** PostgreSQL: protocol 3.0 and 3.2, simple and extended. See README.md for what is supported and what is refused. */
import { sqlFamily } from '../../sql/facts-family.ts';
import type { Protocol } from '../protocol.ts';
import { clientBaseline } from './client-baseline.ts';
import { type PostgresResourceConfig, postgresResourceSchema } from './config.ts';
import { credentialForm } from './downstream/credential-form.ts';
import { changesProblem } from './facts/bounded-changes.ts';
import { connectTargets } from './facts/connect-targets.ts';
import { type PostgresListenerConfig, postgresListenerSchema } from './listener-config.ts';
import { PostgresPlayback } from './playback/postgres-playback.ts';
import { PostgresServer } from './server.ts';
import { postgresDoctor } from './upstream/doctor/doctor.ts';

/** The PostgreSQL protocol. */
export const postgres: Protocol<PostgresResourceConfig, PostgresListenerConfig> = {
  name: 'postgres',
  resourceSchema: postgresResourceSchema,
  listenerSchema: postgresListenerSchema,
  alpnProtocols: ['postgresql'],
  fulfils: { masks: true, filters: true, rows: true, bytesAndTime: true, changes: changesProblem },
  families: [sqlFamily],
  presets: [clientBaseline],
  connectTargets,
  doctor: postgresDoctor,
  credentials: credentialForm,
  createPlayback: (limits) => new PostgresPlayback(limits),
  createServer: (services, listener) => new PostgresServer(services, listener),
};
