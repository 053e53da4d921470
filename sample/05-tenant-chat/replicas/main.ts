// Runs two replicas on one PostgreSQL, and sends both of them more questions at once than the free plan allows.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { openAccount, readVariable, runSample, StartError } from 'sample-shared';
import { startSandbox } from '../src/demo-sandbox.js';
import { findPostgres, LocalPostgres } from './local-postgres.js';
import { Replica } from './replica.js';

const REPLICAS = 2;
const QUESTIONS = 40;
const PERSON = 'zoe';
const POLL_MS = 50;

runSample(async () => {
  const { title, sandbox } = await openAccount({ keys: ['OPENROUTER_API_KEY'], startSandbox });
  console.log(title);
  const postgres = await startPostgres();
  const replicas: Replica[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await postgres?.stop();
    await sandbox?.stop();
  };
  // Ctrl-C also reaches the replicas themselves.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void stop().then(() => process.exit(0)));
  }
  try {
    const env = postgres === undefined ? {} : { DATABASE_URL: postgres.url };
    for (let count = 0; count < REPLICAS; count += 1) {
      replicas.push(await Replica.start({ ...env, PORT: '0', HOST: '127.0.0.1' }));
    }
    console.log(replicas.map(({ url }, index) => `Replica ${index + 1}  ${url}`).join('\n'));
    if (sandbox !== undefined) console.log(await burst(replicas, sandbox));
    console.log('Press Ctrl-C to end.');
  } catch (error) {
    await stop();
    throw error;
  }
});

/** The PostgreSQL of `DATABASE_URL` is there already; without one, starts that of this machine. */
async function startPostgres(): Promise<LocalPostgres | undefined> {
  if (readVariable('DATABASE_URL') !== undefined) return undefined;
  const programs = findPostgres();
  if (programs === undefined) {
    throw new StartError(
      'Two replicas need a PostgreSQL. Install it, or name one: DATABASE_URL=postgres://… npm run replicas',
    );
  }
  return LocalPostgres.start(programs);
}

/** Asks both replicas more than the limit allows, and tells what came of it. */
async function burst(replicas: readonly Replica[], sandbox: OpenRouterSandbox): Promise<string> {
  // Opens the connections to the database, as in a server that has run for a while.
  await Promise.all(replicas.flatMap((replica) => Array.from({ length: 10 }, () => replica.usage(PERSON))));
  const share = QUESTIONS / replicas.length;
  const statuses = await Promise.all(
    replicas.flatMap((replica) => Array.from({ length: share }, () => replica.ask(PERSON))),
  );
  const count = (wanted: number): number => statuses.filter((status) => status === wanted).length;
  const { limitUsd, spentUsd } = await settledLimit(replicas[0]);
  const billed = sandbox.charges.reduce((sum, { usd }) => sum + Math.round(usd * 1e9), 0) / 1e9;
  return [
    `${QUESTIONS} questions at once to ${replicas.length} replicas: ${count(200)} answered, ${count(402)} refused.`,
    `Of the limit of $${limitUsd} a day, $${spentUsd} is spent. OpenRouter has billed $${billed}.`,
  ].join('\n');
}

/** The limit, once all answers are booked. */
async function settledLimit(replica: Replica | undefined): Promise<{ limitUsd: number; spentUsd: number }> {
  for (;;) {
    const limit = (await replica?.usage(PERSON))?.limits[0];
    if (limit?.heldUsd === 0) return limit;
    await sleep(POLL_MS);
  }
}
