/**
 * `deploy/compose.yaml` as plain processes: every service by its own command, environment files, health check, volumes and names,
 * each on an address of its own on loopback. What only a container engine can give is not here: users, read-only disks, closed networks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { networksOf, readCompose, readEnvironment, type Service } from './compose-file.ts';
import { readDockerfile } from './dockerfile.ts';
import { makeServiceFolder } from './service-folder.ts';

const NETWORK = pathToFileURL(path.join(import.meta.dirname, 'service-network-child.ts')).href;
const STOP_PATIENCE_MS = 20_000;

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

interface Part {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  output(): string;
}

/** A deployment as processes. */
export class Deployment {
  readonly #compose = readCompose();
  readonly #image = readDockerfile();
  readonly #parts = new Map<string, Part>();
  readonly #folder: string;
  readonly #prefix: string;

  private constructor(folder: string) {
    this.#folder = folder;
    // The whole of 127.0.0.0/8 is loopback (RFC 6890): ports of the file are free on an address that nobody has.
    const octet = (): number => 2 + Math.floor(Math.random() * 250);
    this.#prefix = `127.${octet()}.${octet()}`;
  }

  static async prepare(): Promise<Deployment> {
    const deployment = new Deployment(await mkdtemp(path.join(os.tmpdir(), 'sallyport-deploy-')));
    for (const [name, service] of Object.entries(deployment.#compose.services)) {
      await makeServiceFolder(service, deployment.folderOf(name), path.join(deployment.#folder, 'volumes'));
    }
    return deployment;
  }

  folderOf(service: string): string {
    return path.join(this.#folder, 'services', service);
  }

  addressOf(service: string): string {
    return `${this.#prefix}.${2 + Object.keys(this.#compose.services).indexOf(service)}`;
  }

  logs(service: string): string {
    return this.#parts.get(service)?.output() ?? '';
  }

  ended(service: string): Promise<Ended> {
    return this.#part(service).ended;
  }

  /** `docker compose WORDS`, for what the page has of it. */
  async run(words: readonly string[]): Promise<Ended> {
    const [what, ...rest] = words.filter((word) => !['--build', '--rm', '-d', '-T'].includes(word));
    const [name = '', ...more] = rest;
    if (what === 'up') return await this.#up();
    if (what === 'logs') return { code: 0, output: this.logs(name) };
    if (what === 'exec') return await this.#start(name, more).ended;
    if (what === 'restart') return await this.#restart(name);
    if (what !== 'run') throw new Error(`the tests do not know docker compose ${words.join(' ')}`);
    const { entrypoint = [], command = [] } = this.#service(name);
    return await this.#start(name, [...entrypoint, ...(more.length > 0 ? more : command)]).ended;
  }

  async stop(): Promise<void> {
    for (const part of [...this.#parts.values()].reverse()) await stopPart(part);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #up(): Promise<Ended> {
    const waiting = Object.entries(this.#compose.services).filter(
      ([, { profiles }]) => profiles === undefined,
    );
    while (waiting.length > 0) {
      const index = waiting.findIndex(([, { depends_on: needs = {} }]) =>
        Object.keys(needs).every((need) => this.#parts.has(need)),
      );
      const [entry] = waiting.splice(index, index < 0 ? 0 : 1);
      if (entry === undefined) throw new Error('services wait for each other');
      await this.#open(...entry);
    }
    return { code: 0, output: '' };
  }

  async #open(name: string, service: Service): Promise<void> {
    for (const [need, { condition }] of Object.entries(service.depends_on ?? {})) {
      if (condition === 'service_healthy') await this.#healthy(need);
      else if (condition === 'service_completed_successfully') await this.#completed(need);
      else throw new Error(`the tests do not know the condition ${condition}`);
    }
    const { entrypoint = [], command = this.#image.command } = service;
    this.#parts.set(name, this.#start(name, [...entrypoint, ...command]));
  }

  async #restart(name: string): Promise<Ended> {
    await stopPart(this.#part(name));
    await this.#open(name, this.#service(name));
    await this.#healthy(name);
    return { code: 0, output: '' };
  }

  async #completed(name: string): Promise<void> {
    const { code, output } = await this.#part(name).ended;
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output}`);
  }

  async #healthy(name: string): Promise<void> {
    const { test = ['CMD', ...this.#image.healthcheck] } = this.#service(name).healthcheck ?? {};
    const part = this.#part(name);
    while ((await this.#start(name, test.slice(1)).ended).code !== 0) {
      const isOver = await Promise.race([part.ended.then(() => true), delay(100, false)]);
      if (isOver) throw new Error(`${name} has ended:\n${part.output()}`);
    }
  }

  #part(name: string): Part {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`${name} was not started`);
    return part;
  }

  #service(name: string): Service {
    const service = this.#compose.services[name];
    if (service === undefined) throw new Error(`there is no service ${name}`);
    return service;
  }

  #start(name: string, [program = '', ...words]: readonly string[]): Part {
    const child = spawn(program === 'node' ? process.execPath : program, words, {
      cwd: this.folderOf(name),
      env: this.#environment(name),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
    return { child, ended, output: () => output };
  }

  #environment(name: string): Record<string, string> {
    const own = this.addressOf(name);
    const given = { ...this.#image.environment, ...readEnvironment(this.#service(name)) };
    // To listen everywhere is to listen on the own address, also for servers that are no program of Node.
    const here = Object.entries(given).map(([key, value]) => [key, value === '0.0.0.0' ? own : value]);
    return {
      PATH: process.env['PATH'] ?? '',
      ...(Object.fromEntries(here) as Record<string, string>),
      NODE_OPTIONS: `${given['NODE_OPTIONS'] ?? ''} --import=${NETWORK}`,
      SALLYPORT_SERVICE_NETWORK: JSON.stringify({ own, names: this.#namesFor(name) }),
    };
  }

  /** The names of all services, with addresses where the networks let a service reach them. */
  #namesFor(name: string): Readonly<Record<string, string | null>> {
    const mine = networksOf(this.#service(name));
    const names: Record<string, string | null> = {};
    for (const [other, service] of Object.entries(this.#compose.services)) {
      const theirs = networksOf(service);
      const isNear = [...theirs.keys()].some((network) => mine.has(network));
      for (const called of [other, ...[...theirs.values()].flat()]) {
        names[called] = isNear ? this.addressOf(other) : null;
      }
    }
    return names;
  }
}

async function stopPart({ child, ended }: Part): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await ended;
  clearTimeout(timer);
}
