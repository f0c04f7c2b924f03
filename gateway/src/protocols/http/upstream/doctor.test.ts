import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctorServices } from '../../../../test/support/doctor-services.ts';
import { probePort } from '../../../doctor/direct-path/probe.ts';
import { httpResourceSchema } from '../config.ts';
import { httpDoctor } from './doctor.ts';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { readonly port: number }).port;
});
afterAll(() => server.close());

const resource = { name: 'shop', protocol: 'http', labels: {}, mode: 'enforce' } as const;
const services = doctorServices();

describe('doctor', () => {
  it('finds a service that is there, and says what is wrong of one that is not', async () => {
    const config = httpResourceSchema.parse({ url: `http://127.0.0.1:${port}`, credential: { none: true } });
    expect(await httpDoctor.examine({ resource, config }, services)).toEqual({
      results: [{ check: 'resource shop', level: 'ok', message: 'the service can be reached' }],
      gatewayAddresses: ['127.0.0.1'],
    });
    const undescribed = { ...config, openapi: '/nowhere/api.yaml' };
    const { results } = await httpDoctor.examine({ resource, config: undescribed }, services);
    expect(results).toMatchObject([{ level: 'fail', message: '/nowhere/api.yaml cannot be read: ENOENT' }]);
  });

  it('tells of the way round the gateway', async () => {
    const config = httpResourceSchema.parse({ url: `http://127.0.0.1:${port}`, credential: { none: true } });
    const [target = ''] = httpDoctor.directTargets(config, '127.0.0.1');
    expect(target).toBe(`http://127.0.0.1:${port}/`);
    expect(await probePort(new URL(target))).toMatchObject({ verdict: 'open' });
    expect(await probePort(new URL('http://127.0.0.1:1/'))).toMatchObject({ verdict: 'closed' });
    expect(await probePort(new URL('http://nobody.invalid/'))).toMatchObject({ verdict: 'unresolved' });
    expect(httpDoctor.directTargets({ ...config, url: 'https://a/' }, '::1')).toEqual(['http://[::1]:443/']);
    expect(httpDoctor.closingLines(config, ['10.0.0.1'])[0]?.lines).toContain(
      `    tcp dport ${port} ip saddr { 10.0.0.1 } accept`,
    );
  });
});
