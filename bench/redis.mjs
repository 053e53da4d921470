// Starts Redis servers that keep nothing on disk, for whoever ends them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';

/**
 * @param settings - Further arguments of `redis-server`.
 * @returns Its port, and its process.
 */
export async function startRedis(...settings) {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir(), ...settings];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    log += text;
    if (log.includes('Ready to accept connections')) {
      child.stdout.resume();
      return { port, child };
    }
  }
  throw new Error(`redis-server did not start: ${log}`);
}
