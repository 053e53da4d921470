// Conventional commits, whose first line has one type and at most 100 characters.
const TYPE = /[;,] (build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^)]*\))?!?: /;

export default {
  extends: ['@commitlint/config-conventional'],
  plugins: [
    {
      rules: {
        'header-one-type': ({ header }) => [
          !TYPE.test(header ?? ''),
          'a commit has one type: split it in two',
        ],
      },
    },
  ],
  rules: {
    'header-one-type': [2, 'always'],
    // A URL or a table may be longer than a line.
    'body-max-line-length': [0],
  },
};
