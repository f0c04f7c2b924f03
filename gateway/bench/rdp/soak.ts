/**
 * An hour of scrolling through a gateway that is a process of its own: real client, real machine, everything recorded. Then seeks in what
 * was recorded. `node gateway/bench/rdp/soak.ts [--minutes 60] [--machine shadow|xrdp] [--seeks 200] [--seed 1] [--output FILE] [--folder FOLDER]`.
 *
 * The machine's terminal prints some forty lines a second without end. Each minute something is typed through the gateway, and must have come
 * about on the machine. Prints what came of it as JSON; `npm run test:long` makes a page of it. It fails where the session ends early.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Sample, SoakResult } from '../../../scripts/long/soak-page.ts';
import { ensureTools } from '../../../scripts/test/debian-packages.ts';
import { findRecording, recordingLayout, recordingPath } from '../../src/recording/layout.ts';
import { readAudit } from '../../test/e2e/process/gateway-site.ts';
import { startDesktopClient } from '../../test/support/desktop-client.ts';
import { startTestShadow } from '../../test/support/freerdp-shadow.ts';
import { findTool, type Tool, tools } from '../../test/support/installed-tool.ts';
import { startTestIssuer } from '../../test/support/issuer.ts';
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { startDisplay } from '../../test/support/virtual-display.ts';
import { startTestXrdp } from '../../test/support/xrdp.ts';
import { cpuSecondsOf } from '../gateway-process.ts';
import { measureRecording, timeSeeks } from './seeks.ts';
import { type SoakGateway, type SoakMachine, startSoakGateway } from './soak-gateway.ts';

/** How far one sample is from the next. */
const STEP_MS = 10_000;
/** Something is typed with every so many samples. */
const STEPS_A_LINE = 6;
const GEOMETRY = '160x55+0+0';
const SCROLL = `while kill -0 "$PPID"; do find /usr -type f | awk '{ print NR, $0 } NR % 4 == 0 { fflush(); system("sleep 0.1") }'; done\n`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    machine: { type: 'string', default: 'shadow' },
    seeks: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    output: { type: 'string' },
    // Of the gateway; it is kept then, with the recording.
    folder: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const PATIENCE_MS = minutes * 60_000 + 30 * 60_000;

const client = [tools.xvfb, tools.xterm, tools.xfreerdp, tools.xdotool, tools.xclip];
const machines = {
  shadow: [tools.freerdpShadow],
  xrdp: [tools.xrdp, tools.sesman, tools.xorgxrdp, tools.openbox],
};
const kind = values.machine === 'xrdp' ? 'xrdp' : 'shadow';
await ensureTools([...client, ...machines[kind]]);
const result = await soak();
const text = `${JSON.stringify(result)}\n`;
if (values.output === undefined) process.stdout.write(text);
else writeFileSync(values.output, text);

async function soak(): Promise<SoakResult> {
  await using undo = new AsyncDisposableStack();
  const folder = values.folder ?? undo.use(createTemporaryFolder('soak')).path;
  const issuer = undo.use(await startTestIssuer());
  const machine = await startMachine(undo);
  const gateway = undo.use(await startSoakGateway(machine, { folder, issuer, timeoutMs: PATIENCE_MS }));
  const display = undo.use(await startDisplay(program(tools.xvfb), PATIENCE_MS));
  const token = await issuer.token({ groups: ['agents', 'staff'], expiresIn: 24 * 3600 });
  const samples = await work(gateway, machine, { display: display.name, token });
  const load = { mean: loadavg()[2] ?? 0, cores: cpus().length };
  const { session, bytes, frames, file } = await recorded(gateway);
  const { durationMs, keyFrames } = await measureRecording(file);
  const { api, ca } = gateway;
  const seeks = await timeSeeks(
    session,
    { api, ca, token },
    {
      count: Number(values.seeks),
      durationMs,
      seed: Number(values.seed),
      pid: gateway.pid,
    },
  );
  return {
    machine: kind,
    minutes,
    load,
    samples,
    recordedBytes: bytes,
    durationMs,
    frames,
    keyFrames,
    seeks,
  };
}

async function work(
  gateway: SoakGateway,
  machine: SoakMachine & { readonly folder: string },
  { display, token }: { readonly display: string; readonly token: string },
): Promise<readonly Sample[]> {
  const programs = {
    xfreerdp: program(tools.xfreerdp),
    xdotool: program(tools.xdotool),
    xclip: program(tools.xclip),
  };
  const login = { host: '127.0.0.1', port: gateway.port, user: 'desk', password: token };
  await using desktop = startDesktopClient(programs, display, login, ['/sec:tls'], PATIENCE_MS);
  writeFileSync(path.join(machine.folder, 'scroll.sh'), SCROLL, { mode: 0o755 });
  const typed = async (name: string, line: string): Promise<void> => {
    const file = path.join(machine.folder, name);
    for (let tries = 0; tries < 20; tries += 1) {
      await desktop.typeLine(`${line} touch ${name}`);
      for (let looks = 0; looks < 20; looks += 1) {
        if (existsSync(file)) return;
        await delay(250);
      }
    }
    throw new Error(`what is typed does not come about: ${desktop.output()} ${gateway.output()}`);
  };
  await typed('begun', '');
  await typed('scrolls', 'sh scroll.sh &');
  const samples: Sample[] = [];
  const beganMs = performance.now();
  for (let step = 0; step * STEP_MS < minutes * 60_000; step += 1) {
    await delay(Math.max(0, beganMs + (step + 1) * STEP_MS - performance.now()));
    samples.push(sampleOf(gateway, (performance.now() - beganMs) / 1000));
    console.error(JSON.stringify(samples.at(-1)));
    if (step % STEPS_A_LINE === STEPS_A_LINE - 1) await typed(`line-${step}`, '');
  }
  return samples;
}

function sampleOf(gateway: SoakGateway, seconds: number): Sample {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'latin1');
  const rssKib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  return {
    seconds: Math.round(seconds),
    rssBytes: rssKib * 1024,
    cpuSeconds: cpuSecondsOf(gateway.pid),
    recordingBytes: statSync(openFile(gateway)).size,
  };
}

/** The one recording of the gateway. */
function openFile({ dataDir }: SoakGateway): string {
  const opened = readAudit(dataDir).find(
    ({ type, protocol }) => type === 'session.opened' && protocol === 'rdp',
  );
  const layout = recordingLayout(dataDir);
  const place = findRecording(layout, String(opened?.['session']));
  if (place === undefined) throw new Error('there is no recording');
  return recordingPath(layout, place);
}

async function recorded(gateway: SoakGateway): Promise<{
  readonly session: string;
  readonly file: string;
  readonly bytes: number;
  readonly frames: number;
}> {
  for (const endMs = Date.now() + 60_000; ; await delay(200)) {
    const closed = readAudit(gateway.dataDir).find(({ type }) => type === 'recording.closed');
    if (closed !== undefined) {
      const [file, session] = [openFile(gateway), String(closed['session'])];
      return { session, file, bytes: statSync(file).size, frames: Number(closed['frames']) };
    }
    if (Date.now() > endMs) throw new Error('the recording does not end');
  }
}

async function startMachine(undo: AsyncDisposableStack): Promise<SoakMachine & { readonly folder: string }> {
  if (kind === 'shadow') {
    const programs = {
      freerdpShadow: program(tools.freerdpShadow),
      xvfb: program(tools.xvfb),
      xterm: program(tools.xterm),
    };
    return undo.use(await startTestShadow(programs, { geometry: GEOMETRY, timeoutMs: PATIENCE_MS }));
  }
  const xrdp = undo.use(await startTestXrdp({ xrdp: program(tools.xrdp), sesman: program(tools.sesman) }));
  const { host, port, user, password, folder, certificateFile } = xrdp;
  const tls = { ca: certificateFile, serverName: 'localhost' };
  return { host, port, user, password, folder, resource: { security: 'tls', tls } };
}

function program(tool: Tool): string {
  const found = findTool(tool);
  if (found === undefined)
    throw new Error(`${tool.name} is not installed: apt-get install ${tool.debianPackage}`);
  return found;
}
