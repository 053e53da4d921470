// Starts PostgreSQL servers with their usual settings, `fsync` among them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's path. */
const VERSIONS = '/usr/lib/postgresql';

export const HAS_POSTGRES = existsSync(VERSIONS);

/** @returns Its URL, and what stops it and removes its data. */
export async function startPostgres() {
  const version = Math.max(...readdirSync(VERSIONS).map(Number));
  const program = (name) => `${VERSIONS}/${version}/bin/${name}`;
  const folder = mkdtempSync(join(tmpdir(), 'postgres-bench-'));
  // It refuses to be run by root.
  const idOf = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  const owner = process.getuid() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const made = spawnSync(program('initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], {
    cwd: '/',
    encoding: 'utf8',
    ...owner,
  });
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`];
  const child = spawn(program('postgres'), ['-D', folder, ...settings.flatMap((each) => ['-c', each])], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...owner,
  });
  for await (const text of child.stderr.setEncoding('utf8')) {
    if (text.includes('ready to accept connections')) break;
  }
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
