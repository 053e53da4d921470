import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { GUIDES, lineOf, ROOT, textOf } from './documents.js';

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', ...GUIDES];

/** Text as readers see it: code is blanked out, since it shows brackets and number signs of its own. */
function proseOf(text: string): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, ' ');
  return text.replace(/^[ \t]*```.*?^[ \t]*```$/gms, blank).replace(/`[^`\n]+`/g, blank);
}

interface Link {
  readonly line: number;
  readonly target: string;
}

/** Links and images, inline, by reference and in HTML. */
function linksOf(text: string): Link[] {
  const prose = proseOf(text);
  const links = /\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)|\b(?:src|srcset|href)="([^"]+)"/gm;
  return [...prose.matchAll(links)].map((match) => ({
    line: lineOf(prose, match.index),
    target: match[1] ?? match[2] ?? match[3]!,
  }));
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of text.replace(/^```.*?^```$/gms, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

const isFar = (target: string): boolean => /^(?:https:|mailto:)/.test(target);

/** Where a link of a document leads to, from the root; without the anchor. */
function fileOf(target: string, document: string): string {
  const [path = ''] = target.split('#');
  return path === '' ? document : posix.join(posix.dirname(document), path);
}

/** What is wrong with a link of a document, or `undefined`. */
function problemOf(target: string, document: string, text: string): string | undefined {
  if (isFar(target)) return undefined;
  const [, anchor] = target.split('#');
  const file = fileOf(target, document);
  if (file.startsWith('..') || file.startsWith('docs/api/') || !existsSync(join(ROOT, file))) {
    return `${target} leads nowhere`;
  }
  if (anchor === undefined) return undefined;
  if (!statSync(join(ROOT, file)).isFile() || !file.endsWith('.md'))
    return `${target} has an anchor in no document`;
  return anchorsOf(file === document ? text : textOf(file)).has(anchor)
    ? undefined
    : `${target} names no heading of ${file}`;
}

function problemsOf(document: string, text = textOf(document)): string[] {
  return linksOf(text)
    .map(({ line, target }) => ({ line, problem: problemOf(target, document, text) }))
    .filter(({ problem }) => problem !== undefined)
    .map(({ line, problem }) => `line ${line}: ${problem!}`);
}

/** Files of the repository that a text names in code. */
function pathsOf(text: string): string[] {
  return [...text.matchAll(/`((?:test|sample|lib|bench|docs|\.ci)\/[^`\s*{]+)`/g)].map(([, path]) => path!);
}

describe('the packed documents', () => {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
  ) as [{ files: { path: string }[] }];
  const packed = files.map(({ path }) => path);
  const documents = packed.filter((path) => path.endsWith('.md'));

  it.each(documents)('lead nowhere out of the package: %s', (document) => {
    const strays = linksOf(textOf(document)).filter(
      ({ target }) => !isFar(target) && !packed.includes(fileOf(target, document)),
    );
    expect(strays).toEqual([]);
  });

  it('are the README, the guides, the benchmark and the changes', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['README.md', 'CHANGELOG.md', 'bench/results.md', ...GUIDES]),
    );
  });

  // Their links would lead out of the package, so they are no links, and no other test follows them.
  it.each([...DOCUMENTS, 'CHANGELOG.md'])('name files of the repository that there are: %s', (document) => {
    expect(
      pathsOf(textOf(document)).filter(
        (path) => !path.startsWith('docs/api/') && !existsSync(join(ROOT, path)),
      ),
    ).toEqual([]);
  });
});

describe('links', () => {
  it.each(DOCUMENTS)('lead somewhere: %s', (document) => {
    expect(problemsOf(document)).toEqual([]);
  });

  it('are found where they lead nowhere', () => {
    const text = [
      '# One `two`: three',
      '[good](#one-two-three) [also](../README.md#install) [far](https://example.com) `[no](link)`',
      '[bad](#one-two) [gone](gone.md) ![gone](images/gone.png)',
      '```',
      '# no heading',
      '```',
      '[bad](#no-heading) [bad](../README.md#no-such-heading) [out](../../etc/hosts)',
      '[ref]: nowhere.md',
    ].join('\n');
    expect(problemsOf('docs/README.md', text)).toEqual([
      'line 3: #one-two names no heading of docs/README.md',
      'line 3: gone.md leads nowhere',
      'line 3: images/gone.png leads nowhere',
      'line 7: #no-heading names no heading of docs/README.md',
      'line 7: ../README.md#no-such-heading names no heading of README.md',
      'line 7: ../../etc/hosts leads nowhere',
      'line 8: nowhere.md leads nowhere',
    ]);
  });

  it('lead from the index of the guides to each of them', () => {
    const linked = linksOf(textOf('docs/README.md')).map(({ target }) => `docs/${target}`);
    expect(GUIDES.filter((guide) => guide !== 'docs/README.md' && !linked.includes(guide))).toEqual([]);
  });

  it('lead from the README to the index of the guides', () => {
    expect(linksOf(textOf('README.md')).map(({ target }) => target)).toContain('docs/README.md');
  });
});
