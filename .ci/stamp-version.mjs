// Puts the version of package.json into the source that tells it to OpenRouter.
import { readFileSync, writeFileSync } from 'node:fs';

const PATH = 'lib/http/version.ts';
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const source = readFileSync(PATH, 'utf8');
const stamped = source.replace(/(?<=VERSION = ')[^']*(?=')/, version);
if (!stamped.includes(`'${version}'`)) {
  throw new Error(`${PATH} has no VERSION to stamp.`);
}
writeFileSync(PATH, stamped);
