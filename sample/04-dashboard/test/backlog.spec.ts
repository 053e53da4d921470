import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { SandboxControls } from '../shared/dashboard.js';
import { SandboxPlayground } from '../src/sandbox/sandbox-playground.js';
import { DashboardServer } from './support/dashboard-server.js';

/** Many times more than the kernel buffers for a connection. */
const MOST_EVENTS = 1_000;

let server: DashboardServer;
let socket: Socket;

afterEach(async () => {
  jest.restoreAllMocks();
  socket.destroy();
  await server.close();
});

it('disconnects a client that does not read its events, before they fill the memory', async () => {
  await using sandbox = await OpenRouterSandbox.start();
  const warnings = jest.spyOn(Logger.prototype, 'warn');
  server = await DashboardServer.start({ sandbox });
  const { controls$ } = server.get(SandboxPlayground);
  const { hostname, port } = new URL(server.url);
  socket = connect(Number(port), hostname).pause();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`GET /api/events HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  const isListening = (): boolean => controls$.observed;
  while (!isListening()) await turn();

  const event = { condition: 'x'.repeat(100_000) } as unknown as SandboxControls;
  for (let count = 0; isListening() && count < MOST_EVENTS; count += 1) {
    controls$.next(event);
    await turn();
  }
  expect(isListening()).toBe(false);
  expect(warnings.mock.calls.flat().join('\n')).toContain('exceeds the maximum allowed 1000000');
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
