import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '../../support/failures.js';
import { RedisCluster } from './redis-cluster.js';
import { RedisServer } from './redis-server.js';

const { PATH } = process.env;
let folder: string;

afterEach(() => {
  process.env['PATH'] = PATH;
  rmSync(folder, { recursive: true });
});

/** Puts a program in the place of `redis-server`. */
function replaceRedis(script: string): void {
  folder = mkdtempSync(join(tmpdir(), 'no-redis-'));
  writeFileSync(join(folder, 'redis-server'), `#!/bin/sh\necho $$ > ${join(folder, 'pid')}\n${script}\n`);
  chmodSync(join(folder, 'redis-server'), 0o755);
  process.env['PATH'] = `${folder}:${PATH}`;
}

describe('a Redis server of the tests', () => {
  it('is ended where it never becomes ready', async () => {
    replaceRedis('exec sleep 600');
    const failure = await failureOf(RedisServer.start(undefined, 2_000));
    expect(failure.message).toContain('was not ready within 2000 ms');
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('leaves nothing behind where a node of a cluster does not start', async () => {
    const real = spawnSync('which', ['redis-server'], { encoding: 'utf8' }).stdout.trim();
    // The first one to take the folder is ready, the others end at once.
    replaceRedis(`mkdir $(dirname $0)/taken || exit 1\necho $$ > $(dirname $0)/first\nexec ${real} "$@"`);
    await failureOf(RedisCluster.start());
    const pid = Number(readFileSync(join(folder, 'first'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('is missed where it ends at once', async () => {
    replaceRedis('echo "the port is taken"; exit 1');
    expect((await failureOf(RedisServer.start())).message).toContain('the port is taken');
  });
});
