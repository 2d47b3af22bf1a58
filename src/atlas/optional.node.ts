import { WeightscopeError } from '../errors.ts';

/**
 * A package that only some uses need, and that is therefore not installed with weightscope: `load` imports it.
 * Throws `PACKAGE_MISSING`, which says what to install.
 */
export async function optionalPackage<T>(packages: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new WeightscopeError(
      'PACKAGE_MISSING',
      `${what} needs packages that are not installed with weightscope: npm install ${packages}.`,
      { cause },
    );
  }
}
