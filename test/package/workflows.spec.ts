import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows';
const FILES = readdirSync(FOLDER);
const textOf = (file: string): string => readFileSync(`${FOLDER}/${file}`, 'utf8');
const workflowOf = (file: string): Workflow => parse(textOf(file)) as Workflow;

describe.each(FILES)('the workflow %s', (file) => {
  it('takes actions by their commit, and says which release that is', () => {
    const uses = textOf(file)
      .split('\n')
      .filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('may do nothing but read, unless a job says so', () => {
    expect(workflowOf(file).permissions).toEqual({ contents: 'read' });
  });

  it('leaves no token behind in the checkout', () => {
    const checkouts = Object.values(workflowOf(file).jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(checkouts.map(() => false));
  });

  it('puts nothing that others have written into a script', () => {
    const scripts = Object.values(workflowOf(file).jobs).flatMap(({ steps }) => steps.map(({ run }) => run));
    expect(scripts.filter((script) => script?.includes('${{'))).toEqual([]);
  });
});

describe('the release', () => {
  const { jobs } = workflowOf('release.yml');
  const publishers = Object.entries(jobs).filter(
    ([, { permissions }]) => permissions?.['id-token'] === 'write',
  );
  const [[, publish]] = publishers as [[string, Job]];
  const build = jobs[publish.needs ?? '']!;
  const scripts = publish.steps.flatMap(({ run }) => run ?? []).join('\n');
  const artifactOf = (job: Job, action: string): unknown =>
    job.steps.find(({ uses }) => uses?.startsWith(`actions/${action}-artifact@`))?.with?.['name'];

  it('has one job that npm trusts, in a protected environment, with no other right', () => {
    expect(publishers).toHaveLength(1);
    expect(publish.environment).toBe('npm');
    expect(publish.permissions).toEqual({ 'id-token': 'write' });
  });

  it('runs nothing of the repository and nothing of its packages in that job', () => {
    expect(publish.steps.map(({ uses }) => uses?.split('@')[0]).filter(Boolean)).toEqual([
      'actions/download-artifact',
      'actions/setup-node',
    ]);
    expect(scripts).not.toMatch(/\bnpm (ci|i|install|run|test|exec|pack)\b|\bnpx\b|\.ci\//);
    expect(scripts).toMatch(/npm publish \S*\.tgz --ignore-scripts --provenance --access public/);
  });

  it('builds and tests without that right, and hands on the tarball with its checksum', () => {
    expect(build.permissions ?? {}).toEqual({});
    expect(build.steps.map(({ run }) => run)).toContain('bash .ci/run');
    expect(artifactOf(build, 'upload')).toBeDefined();
    expect(artifactOf(publish, 'download')).toBe(artifactOf(build, 'upload'));
    expect(Object.keys(build.outputs ?? {})).toEqual(['sha256']);
    expect(scripts).toContain('sha256sum --check');
  });
});
