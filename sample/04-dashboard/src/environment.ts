/** A variable of the environment. A blank one counts as unset: `PORT= npm start` is how a shell takes one away. */
export function readVariable(name: string): string | undefined {
  const value = process.env[name];
  return value?.trim() === '' ? undefined : value;
}
