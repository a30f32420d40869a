/**
 * The name of the SSM parameter that holds one entry of the database directory.
 *
 * SSM allows only letters, digits and `. - _ /` in a name, hence base64url.
 * @param prefix the path under which the stack keeps its entries, without a slash at its end
 * @param key one of `directoryKeys` (domain/database-url.ts)
 */
export function directoryParameterName(prefix: string, key: string): string {
  return `${prefix}/${Buffer.from(key).toString('base64url')}`;
}
