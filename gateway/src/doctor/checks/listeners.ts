import type { CheckResult } from '../../model/check-result.ts';
import { protocols } from '../../protocols/index.ts';
import { type DoctorContext, well, wrong } from '../check.ts';
import { tryConnect, tryListen } from '../port.ts';
import { doctorServices } from './resources.ts';

/** The ports: taken by the running gateway, or free for it. */
export async function checkListeners(context: DoctorContext): Promise<readonly CheckResult[]> {
  const { plan, isRunning } = context;
  const services = doctorServices(context);
  const examined = plan.listeners.map(async ({ protocol, config }) => {
    const found = protocols.find(({ name }) => name === protocol);
    return (await found?.doctor.examineListener?.(config, services)) ?? [];
  });
  const entries = [
    ...plan.listeners.map(({ protocol, listen }) => ({ name: `listener ${protocol}`, ...listen })),
    ...(plan.api === undefined ? [] : [{ name: 'listener api', ...plan.api.listen }]),
  ].filter(({ port }) => port !== 0);
  const ports = await Promise.all(entries.map((entry) => checkPort(entry, isRunning)));
  return [...ports, ...(await Promise.all(examined)).flat()];
}

async function checkPort(
  { name, host, port }: { readonly name: string; readonly host: string; readonly port: number },
  isRunning: boolean,
): Promise<CheckResult> {
  const place = `${host} port ${port}`;
  if (isRunning) {
    const problem = await tryConnect(host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port);
    return problem === undefined
      ? well(name, `the running gateway answers at ${place}`)
      : wrong(
          name,
          `a gateway runs, but nobody answers at ${place} (${problem})`,
          'restart it with this config',
        );
  }
  const problem = await tryListen(host, port);
  return problem === undefined
    ? well(name, `${place} is free`)
    : wrong(name, `cannot listen at ${place} (${problem})`, 'stop what uses it, or choose another `listen`');
}
