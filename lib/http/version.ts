/** The package's version, which `User-Agent` contains. A test compares it with `package.json`. */
export const VERSION = '0.0.0';
