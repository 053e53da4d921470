import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OpenRouterConfigException } from '../../lib/errors/client.exceptions.js';
import { OpenRouterExceptionFilter, provideOpenRouterExceptionFilter } from '../../lib/filters/index.js';

function constructed(options: unknown): unknown {
  try {
    return new OpenRouterExceptionFilter(
      options as ConstructorParameters<typeof OpenRouterExceptionFilter>[0],
    );
  } catch (error) {
    return error;
  }
}

describe('OpenRouterExceptionFilter options', () => {
  it.each([
    undefined,
    {},
    { mapping: undefined, format: undefined },
    { mapping: 'mirror' },
    { foreign: undefined },
    { foreign: false },
    { foreign: true, mapping: 'gateway' },
    { mapping: 'gateway', format: 'problem' },
    { mapping: () => ({ status: 500, message: '', code: '' }), format: 'nest' },
  ])('accepts %p', (options) => {
    expect(constructed(options)).toBeInstanceOf(OpenRouterExceptionFilter);
  });

  it.each([
    [{ mapping: 'mirorr' }, ["'mirorr'", 'mapping', "'mirror', 'gateway' or a function"]],
    [{ mapping: null }, ['null', 'mapping', "'mirror', 'gateway' or a function"]],
    [{ mapping: 1 }, ['got 1', 'mapping', "'mirror', 'gateway' or a function"]],
    [{ format: 'xml' }, ["'xml'", 'format', "'nest' or 'problem'"]],
    [{ format: null }, ['null', 'format', "'nest' or 'problem'"]],
    [{ foreign: 'yes' }, ["'yes'", 'foreign', 'true or false']],
    [{ foreign: null }, ['null', 'foreign', 'true or false']],
    [{ foreign: 1 }, ['got 1', 'foreign', 'true or false']],
    [{ maping: 'mirror' }, ['`maping` is not known; did you mean `mapping`?']],
    [
      { a: 1, format: 'nest', b: 2 },
      ['`a` is not known; there are `mapping`, `format`, `foreign`', '`b` is not known'],
    ],
    [null, ['must be an object', "{ mapping: 'gateway' }; got null"]],
    ['mirror', ["must be an object, for example { mapping: 'gateway' }; got 'mirror'"]],
    [[], ['must be an object', 'got an empty list']],
  ])('refuses %p', (options, texts) => {
    const error = constructed(options);
    expect(error).toBeInstanceOf(OpenRouterConfigException);
    for (const text of ['OpenRouterExceptionFilter', ...texts]) {
      expect((error as Error).message).toContain(text);
    }
  });

  it('stops the boot, not the import, when they are given to the provider function', async () => {
    @Module({ providers: [provideOpenRouterExceptionFilter({ format: 'xml' as 'nest' })] })
    class AppModule {}

    await expect(Test.createTestingModule({ imports: [AppModule] }).compile()).rejects.toThrow(
      /`format` must be 'nest' or 'problem'; got 'xml'/,
    );
  });
});
