import { hash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ClientProgram, install } from './client-program.ts';

const folder = path.join(import.meta.dirname, 'java');
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** A client in Java: Maven fetches the pinned jars, javac compiles. */
export function javaClient(name: string, mainClass: string): ClientProgram {
  return {
    name,
    protocol: 'postgres',
    async prepare(cacheFolder) {
      await install('javac', ['-version']);
      const pom = path.join(folder, 'pom.xml');
      const target = path.join(cacheFolder, `java-${hash('sha256', readFileSync(pom)).slice(0, 12)}`);
      const jars = path.join(target, 'jars');
      const done = path.join(target, 'installed');
      if (!existsSync(done)) {
        const repository = `-Dmaven.repo.local=${path.join(cacheFolder, 'maven')}`;
        await install('mvn', [
          '--quiet',
          '--batch-mode',
          '-f',
          pom,
          repository,
          copyDependencies,
          `-DoutputDirectory=${jars}`,
        ]);
        writeFileSync(done, '');
      }
      const classes = path.join(target, 'classes');
      const sources = ['Dialogue.java', `${mainClass}.java`].map((file) => path.join(folder, file));
      await install('javac', ['-d', classes, '-cp', path.join(jars, '*'), ...sources]);
      const classPath = [classes, path.join(jars, '*')].join(path.delimiter);
      return { program: 'java', args: ['-Xmx512m', '-cp', classPath, mainClass] };
    },
  };
}
