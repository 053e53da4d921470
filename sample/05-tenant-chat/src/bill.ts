// Bills a month:
//   npm run bill -w sample/05-tenant-chat -- 2026-11
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpenRouterClient } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import { readVariable, runSample, StartError } from 'sample-shared';
import { openDatabase } from 'sample-shared/database';
import { Account } from './account.js';
import { billTenants, billText, readBillLines } from './billing/bill-lines.js';
import { exportMonth } from './billing/export-month.js';

runSample(async () => {
  const month = process.argv[2] ?? new Date().toISOString().slice(0, 7);
  if (!/^2\d{3}-(0[1-9]|1[0-2])$/.test(month))
    throw new StartError(`${month} is not a month such as 2026-11`);
  const { apiKey, baseUrl } = Account.read();
  if (apiKey === '') {
    throw new StartError('OPENROUTER_API_KEY is not set. Set it and OPENROUTER_BASE_URL as for the server.');
  }
  const folder = readVariable('BILLS_FOLDER') ?? 'bills';
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${month}.ndjson`);

  const { database } = await openDatabase('data');
  try {
    const store = new PostgresSpendStore(database);
    await store.migrate();
    await using openRouter = new OpenRouterClient({ apiKey, baseUrl, spendLimits: { store, rules: [] } });
    await exportMonth(openRouter.metering, month, file);
  } finally {
    await database.close();
  }
  for (const bill of billTenants(readBillLines(await readFile(file, 'utf8')))) console.log(billText(bill));
});
