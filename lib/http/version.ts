/** The package's version, as `User-Agent` tells it; a test holds it equal to `package.json`. */
export const VERSION = '0.0.0';
