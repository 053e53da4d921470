const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Sets what the environment says of proxies, and nothing but that; returns what puts it back. */
export function proxyEnvironment(variables: Readonly<Record<string, string>> = {}): () => void {
  const before = PROXY_VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of PROXY_VARIABLES) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
}

/** Takes the key out of the environment, where clients look for one; returns what puts it back. */
export function withoutKeyInEnvironment(): () => void {
  const before = process.env['OPENROUTER_API_KEY'];
  delete process.env['OPENROUTER_API_KEY'];
  return () => {
    if (before !== undefined) process.env['OPENROUTER_API_KEY'] = before;
  };
}
