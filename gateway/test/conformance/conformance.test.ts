/** Every obligation by every feature of every protocol. A protocol is one line. */
import { conform } from './conform.ts';
import { http2Driver, httpDriver } from './http-driver.ts';
import { postgresDriver } from './postgres-driver.ts';
import { rdpDriver } from './rdp-driver.ts';
import { sshDriver } from './ssh-driver.ts';

conform(postgresDriver);
conform(httpDriver);
conform(http2Driver);
conform(sshDriver);
conform(rdpDriver);
